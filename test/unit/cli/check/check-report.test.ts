import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatCheckGithub,
  formatCheckJson,
  formatCheckText,
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

describe("the formats of a check", () => {
  it("says in a line that nothing is wrong, and that Envoy agrees if it was asked", () => {
    assert.equal(formatCheckText(good, plain), "3 files, nothing wrong\n");
    const asked = { ...good, envoy: "accepted" } as const;
    assert.equal(formatCheckText(asked, plain), "3 files, nothing wrong; Envoy takes it\n");
  });

  it("ends with what the diagnostics add up to", () => {
    for (const text of [formatCheckText(bad, plain), formatCheckGithub(bad)]) {
      assert.match(text, /\n2 errors, 1 warning in 3 files\n$/);
    }
  });

  it("uses colours for people only", () => {
    const colored = createStyle(true);
    assert.match(formatCheckText(bad, colored), /\u001b\[31m/);
    assert.doesNotMatch(formatCheckGithub(bad), /\u001b/);
    assert.doesNotMatch(formatCheckJson(bad), /\u001b/);
  });

  it("is one JSON document for programs", () => {
    const { diagnostics, ...rest } = JSON.parse(formatCheckJson(bad)) as Record<string, unknown>;
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

describe("the conclusion of a check", () => {
  const base = { rev: "main", commit: "0123456789abcdef0123456789abcdef01234567" };
  const one = { ...bad, diagnostics: sampleDiagnostics.slice(0, 1) };

  it("counts what the base has, and says whether that keeps the config from going live", () => {
    assert.match(
      formatCheckText({ ...one, base: { ...base, errors: 2, warnings: 1 } }, plain),
      /\n1 error in 3 files, all of it new\nnot shown: 2 errors, 1 warning that main at 0123456 has too; with errors the config does not go live\n$/,
    );
    assert.equal(
      formatCheckText({ ...good, base: { ...base, errors: 0, warnings: 1 } }, plain),
      "3 files, nothing new\nnot shown: 1 warning that main at 0123456 has too\n",
    );
  });

  it("says nothing of a base without mistakes", () => {
    const report = { ...good, base: { ...base, errors: 0, warnings: 0 } };
    assert.equal(formatCheckText(report, plain), "3 files, nothing wrong\n");
  });

  it("counts what was looked at of a change", () => {
    const changed = { since: "HEAD", files: 1, dependents: 2 };
    assert.equal(
      formatCheckText({ ...good, changed }, plain),
      "1 changed file and 2 that depend on it, nothing wrong\n",
    );
    assert.match(
      formatCheckText({ ...bad, changed: { ...changed, files: 3 } }, plain),
      /\n2 errors, 1 warning in 3 changed files and 2 that depend on them\n$/,
    );
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
