import { printableText } from "../lib/printable-text.js";
import type { Diagnostic } from "./diagnostic.js";
import { fingerprintsOf } from "./fingerprint.js";
import { subjectOf } from "./format-text.js";

/**
 * Diagnostics as a Code Quality report, which GitLab shows in merge requests: it compares the fingerprints
 * with those of the target branch. Paths are to be those of the repository.
 * https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
export function formatDiagnosticsGitlab(diagnostics: readonly Diagnostic[]): string {
  const fingerprints = fingerprintsOf(diagnostics);
  const issues = diagnostics.map(({ location, ...found }, index) => ({
    description: printableText(subjectOf(found) + textOf(found)),
    check_name: found.code,
    fingerprint: fingerprints[index],
    severity: found.severity === "error" ? "critical" : "minor",
    // A place is required.
    location: { path: location?.file ?? ".", lines: { begin: location?.line ?? 1 } },
  }));
  return `${JSON.stringify(issues, undefined, 2)}\n`;
}

function textOf({ message, hint }: Pick<Diagnostic, "message" | "hint">): string {
  return hint === undefined ? message : `${message} (hint: ${hint})`;
}
