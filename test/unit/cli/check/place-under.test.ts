import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { placeUnder } from "../../../../src/cli/check/place-under.js";
import { sampleDiagnostics } from "../../../support/diagnostics.js";

describe("placeUnder()", () => {
  it("puts a prefix before every file, those of related places too", () => {
    const [first] = placeUnder("env/prod/", sampleDiagnostics);
    assert.equal(first?.location?.file, "env/prod/upstreams/pets.yaml");
    assert.equal(first.related?.[0]?.location.file, "env/prod/teams/a/pets.yaml");
  });

  it("gives a diagnostic without a place none", () => {
    assert.deepEqual(placeUnder("a/", sampleDiagnostics)[1], sampleDiagnostics[1]);
  });

  it("changes nothing without a prefix", () => {
    assert.equal(placeUnder("", sampleDiagnostics), sampleDiagnostics);
  });
});
