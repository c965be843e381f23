import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatCheck,
  uncheckedNote,
  type CheckReport,
} from "../../../../src/cli/check/check-report.js";
import { createStyle } from "../../../../src/cli/io.js";
import { sampleDiagnostics } from "../../../support/diagnostics.js";

const plain = createStyle(false);
const good: CheckReport = {
  ok: true,
  commit: undefined,
  files: 3,
  envoy: "not-asked",
  uncheckedSecrets: [],
  diagnostics: [],
};
const bad: CheckReport = { ...good, ok: false, diagnostics: sampleDiagnostics };

describe("formatCheck()", () => {
  it("says in a line that nothing is wrong, and that Envoy agrees if it was asked", () => {
    assert.equal(formatCheck(good, "human", plain), "3 files, nothing wrong\n");
    const asked = { ...good, envoy: "accepted" } as const;
    assert.equal(formatCheck(asked, "human", plain), "3 files, nothing wrong; Envoy takes it\n");
  });

  it("ends with what the diagnostics add up to", () => {
    for (const format of ["human", "github"] as const) {
      assert.match(formatCheck(bad, format, plain), /\n2 errors, 1 warning in 3 files\n$/);
    }
  });

  it("uses colours for people only", () => {
    const colored = createStyle(true);
    assert.match(formatCheck(bad, "human", colored), /\u001b\[31m/);
    assert.doesNotMatch(formatCheck(bad, "github", colored), /\u001b/);
    assert.doesNotMatch(formatCheck(bad, "json", colored), /\u001b/);
  });

  it("is one JSON document for programs", () => {
    const { diagnostics, ...rest } = JSON.parse(formatCheck(bad, "json", plain)) as Record<
      string,
      unknown
    >;
    assert.deepEqual(diagnostics, sampleDiagnostics);
    assert.deepEqual(rest, {
      ok: false,
      commit: null,
      files: 3,
      errors: 2,
      warnings: 1,
      envoy: "not-asked",
      unchecked_secrets: [],
    });
  });
});

describe("uncheckedNote()", () => {
  for (const [refs, want] of [
    [[], ""],
    [["a"], "not looked for: secret a (--secrets-dir)\n"],
    [["a", "b\u001b[2J"], "not looked for: secrets a, b [2J (--secrets-dir)\n"],
  ] as const) {
    it(JSON.stringify(want), () => assert.equal(uncheckedNote(refs), want));
  }
});
