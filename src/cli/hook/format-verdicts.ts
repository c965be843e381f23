import { diagnosticsReport } from "../../diagnostics/format-json.js";
import { formatDiagnosticsText, formatSummary } from "../../diagnostics/format-text.js";
import { printableText } from "../../lib/printable-text.js";
import type { Style } from "../io.js";
import type { RefVerdict } from "./check-push.js";

/** What the one who pushes reads, with `remote:` before each line: the diagnostics, then what came of it. */
export function formatVerdicts(verdicts: readonly RefVerdict[], style: Style): string {
  return verdicts.map((verdict) => formatOne(verdict, style)).join("");
}

function formatOne(
  { ref, accepted, reason, files, diagnostics }: RefVerdict,
  style: Style,
): string {
  const name = style.bold(printableText(ref));
  if (accepted)
    return formatDiagnosticsText(diagnostics, style) + summaryOf(name, files, diagnostics, style);
  return (
    formatDiagnosticsText(diagnostics, style) +
    (diagnostics.length > 0 ? summaryOf(name, files, diagnostics, style) : "") +
    `${name} is ${style.red("refused")}: ${reason ?? ""}\n`
  );
}

function summaryOf(
  name: string,
  files: number,
  diagnostics: RefVerdict["diagnostics"],
  style: Style,
): string {
  return `${name}: ${formatSummary(diagnostics, files, style)}\n`;
}

/** The same for programs. */
export function verdictsJson(verdicts: readonly RefVerdict[]): string {
  const refs = verdicts.map(({ ref, commit, accepted, reason, files, diagnostics }) => {
    const report = diagnosticsReport(diagnostics);
    return { ref, commit: commit ?? null, accepted, reason: reason ?? null, files, ...report };
  });
  const document = { accepted: verdicts.every(({ accepted }) => accepted), refs };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
