import type { CatalogEntry, Severity } from "./catalog-entry.js";
import { catalog, type DiagnosticCode } from "./catalog.js";
import type { Diagnostic } from "./diagnostic.js";

/** How bad a repository finds what, by code. */
export type Severities = Readonly<Record<string, Severity | "off">>;

const entries: Readonly<Record<string, CatalogEntry>> = catalog;

/** Whether a code exists. */
export function isCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(entries, code);
}

/** Whether a repository may decide how bad it is: warnings, and what its own policies say. */
export function hasFreeSeverity(code: DiagnosticCode): boolean {
  const isOfPolicy = code.startsWith("policy/") && code !== "policy/malformed-host";
  return isOfPolicy || entries[code]?.severity === "warning";
}

/** Whether a repository wants to hear of a code. */
export function isWanted(code: DiagnosticCode, severities: Severities = {}): boolean {
  return severityOf(code, severities) !== "off";
}

/** Gives diagnostics the severities that a repository wants, and leaves out those that it does not want. */
export function applySeverities(
  diagnostics: readonly Diagnostic[],
  severities: Severities = {},
): readonly Diagnostic[] {
  return diagnostics.flatMap((found) => {
    const severity = severityOf(found.code, severities);
    if (severity === "off") return [];
    return [severity === found.severity ? found : { ...found, severity }];
  });
}

function severityOf(code: DiagnosticCode, severities: Severities): Severity | "off" {
  const entry = entries[code];
  const wanted = hasFreeSeverity(code) ? severities[code] : undefined;
  return wanted ?? (entry?.isOptIn === true ? "off" : (entry?.severity ?? "error"));
}
