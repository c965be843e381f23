import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diagnosticsReport } from "../../../src/diagnostics/format-json.js";
import { sampleDiagnostics } from "../../support/diagnostics.js";

describe("diagnosticsReport()", () => {
  it("counts, and keeps everything", () => {
    const report = diagnosticsReport(sampleDiagnostics);
    assert.deepEqual(report, { errors: 2, warnings: 1, diagnostics: sampleDiagnostics });
  });

  it("gives equal bytes for equal diagnostics, however they were made", () => {
    const turned = sampleDiagnostics.map(
      (found) => Object.fromEntries(Object.entries(found).reverse()) as unknown as typeof found,
    );
    assert.equal(
      JSON.stringify(diagnosticsReport(turned)),
      JSON.stringify(diagnosticsReport(sampleDiagnostics)),
    );
  });
});
