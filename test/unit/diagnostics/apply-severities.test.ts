import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applySeverities, hasFreeSeverity } from "../../../src/diagnostics/apply-severities.js";
import { diagnostic } from "../../../src/diagnostics/diagnostic.js";

const error = diagnostic("reference/unknown-upstream", { upstream: "pets" }, {});
const warning = diagnostic("route/lower-case-verb", { verb: "get" }, {});
const policy = diagnostic("policy/tls-missing", { listener: "a", role: "b" }, {});
const optIn = diagnostic("lint/unused-upstream", {}, {});
const all = [error, warning, policy, optIn];

describe("applySeverities()", () => {
  it("leaves out what is said only if it is asked for", () => {
    assert.deepEqual(applySeverities(all), [error, warning, policy]);
  });

  it("makes errors of warnings, and warnings of broken policies", () => {
    const severities = {
      "route/lower-case-verb": "error",
      "policy/tls-missing": "warning",
      "lint/unused-upstream": "warning",
    } as const;
    assert.deepEqual(applySeverities(all, severities), [
      error,
      { ...warning, severity: "error" },
      { ...policy, severity: "warning" },
      optIn,
    ]);
  });

  it("turns off all but errors", () => {
    const severities = Object.fromEntries(all.map(({ code }) => [code, "off"] as const));
    assert.deepEqual(applySeverities(all, severities), [error]);
  });
});

describe("hasFreeSeverity()", () => {
  it("is for warnings and for what breaks policies", () => {
    assert.deepEqual(
      (
        [
          "route/unreachable",
          "policy/name",
          "reference/unknown-upstream",
          "severity/fixed",
          "policy/malformed-host",
        ] as const
      ).map(hasFreeSeverity),
      [true, true, false, false, false],
    );
  });
});
