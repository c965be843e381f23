import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasErrors } from "../../src/diagnostics/diagnostic.js";
import { validateWithEnvoy } from "../../src/envoy-binary/validate.js";
import { envoyPath } from "../support/envoy-binary.js";
import { buildCase, caseNames, readCase } from "../support/golden-case.js";

describe("Envoy", { concurrency: 2 }, () => {
  let judged = 0;
  for (const name of caseNames) {
    it(`accepts what golden case ${name} serves`, async ({ signal }) => {
      const { snapshot, diagnostics } = buildCase(await readCase(name));
      if (hasErrors(diagnostics)) return;
      judged += snapshot.roles.size;
      assert.deepEqual(await validateWithEnvoy(await envoyPath(), snapshot, signal), []);
    });
  }

  it("has judged most of the cases", () => {
    assert.ok(judged >= 20, `only ${judged} roles`);
  });
});
