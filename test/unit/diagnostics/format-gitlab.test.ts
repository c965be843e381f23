import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDiagnosticsGitlab } from "../../../src/diagnostics/format-gitlab.js";
import { sampleDiagnostics } from "../../support/diagnostics.js";

interface Issue {
  readonly fingerprint: string;
  readonly [key: string]: unknown;
}
const issuesOf = (...args: Parameters<typeof formatDiagnosticsGitlab>): readonly Issue[] =>
  JSON.parse(formatDiagnosticsGitlab(...args)) as readonly Issue[];

describe("formatDiagnosticsGitlab()", () => {
  it("is a list, also of nothing", () => {
    assert.equal(formatDiagnosticsGitlab([]), "[]\n");
  });

  it("has all that GitLab requires of an issue", () => {
    const [first, second] = issuesOf(sampleDiagnostics);
    assert.deepEqual(first, {
      description:
        'Upstream/pets#/name: Upstream "pets" is declared more than once (hint: rename one of them, and what refers to it)',
      check_name: "name/duplicate",
      fingerprint: "6fe336374561bf1286a8",
      severity: "critical",
      location: { path: "upstreams/pets.yaml", lines: { begin: 3 } },
    });
    assert.deepEqual(second?.["location"], { path: ".", lines: { begin: 1 } });
  });

  it("keeps fingerprints while lines move, and gives none twice", () => {
    const [first] = sampleDiagnostics;
    assert.ok(first?.location);
    const moved = { ...first, location: { ...first.location, line: 99 } };
    const issues = issuesOf([first, first]);
    assert.equal(issuesOf([moved])[0]?.fingerprint, issues[0]?.fingerprint);
    assert.notEqual(issues[0]?.fingerprint, issues[1]?.fingerprint);
  });
});
