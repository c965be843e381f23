import { printableText } from "../lib/printable-text.js";
import type { Diagnostic } from "./diagnostic.js";
import { subjectOf } from "./format-text.js";

/**
 * Diagnostics as workflow commands, which GitHub Actions turns into annotations of the files:
 * `::error file=…,line=…,col=…,title=code::message`. Paths are to be those of the repository.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function formatDiagnosticsGithub(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(commandOf).join("");
}

function commandOf(found: Diagnostic): string {
  const { code, severity, message, hint, location } = found;
  const properties = [
    ...(location
      ? [`file=${escapeProperty(location.file)}`, `line=${location.line}`, `col=${location.column}`]
      : []),
    `title=${escapeProperty(code)}`,
  ];
  const lines = [
    printableText(subjectOf(found) + message),
    ...(hint ? [`hint: ${printableText(hint)}`] : []),
  ];
  return `::${severity} ${properties.join(",")}::${escapeData(lines.join("\n"))}\n`;
}

// As the runner reads them: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
