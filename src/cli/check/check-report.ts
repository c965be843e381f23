import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { formatDiagnosticsGithub } from "../../diagnostics/format-github.js";
import { diagnosticsReport } from "../../diagnostics/format-json.js";
import { formatDiagnosticsText, formatSummary } from "../../diagnostics/format-text.js";
import { printableText } from "../../lib/printable-text.js";
import { createStyle, type Style } from "../io.js";

/** How a check may be printed. */
export const checkFormats = ["human", "json", "github"] as const;
export type CheckFormat = (typeof checkFormats)[number];

/** What came of a check. */
export interface CheckReport {
  /** Whether it passed. */
  readonly ok: boolean;
  readonly commit: string | undefined;
  readonly files: number;
  readonly envoy: "accepted" | "refused" | "not-asked";
  readonly uncheckedSecrets: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The report as it is printed. */
export function formatCheck(report: CheckReport, format: CheckFormat, style: Style): string {
  switch (format) {
    case "human":
      return formatDiagnosticsText(report.diagnostics, style) + conclusion(report, style);
    case "github":
      return formatDiagnosticsGithub(report.diagnostics) + conclusion(report, createStyle(false));
    case "json": {
      const { ok, commit, files, envoy, uncheckedSecrets } = report;
      const { errors, warnings, diagnostics } = diagnosticsReport(report.diagnostics);
      const head = { ok, commit: commit ?? null, files, errors, warnings, envoy };
      const document = { ...head, unchecked_secrets: uncheckedSecrets, diagnostics };
      return `${JSON.stringify(document, undefined, 2)}\n`;
    }
  }
}

function conclusion(
  { diagnostics, files, envoy, uncheckedSecrets }: CheckReport,
  style: Style,
): string {
  const asked = envoy === "accepted" ? "; Envoy takes it" : "";
  const note = style.dim(uncheckedNote(uncheckedSecrets));
  return `${formatSummary(diagnostics, files, style)}${asked}\n${note}`;
}

/** Says which secrets nobody looked for; empty if there are none. */
export function uncheckedNote(refs: readonly string[]): string {
  if (refs.length === 0) return "";
  const noun = refs.length === 1 ? "secret" : "secrets";
  return `not looked for: ${noun} ${printableText(refs.join(", "))} (--secrets-dir)\n`;
}
