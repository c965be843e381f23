import { printableText } from "../lib/printable-text.js";
import type { SourceLocation } from "../model/location.js";
import type { Diagnostic } from "./diagnostic.js";

/** Colours for the parts of a diagnostic; picocolors has these functions. */
export interface TextStyle {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

const same = (text: string): string => text;
/** No colours. */
export const plainStyle: TextStyle = { bold: same, dim: same, red: same, yellow: same };

/**
 * Diagnostics for people, in the order given. The first line of each is of the form that editors and
 * terminals make clickable; below it, indented, stand its hint and the other places that explain it:
 *
 *     upstreams/pets.yaml:3:7: error name/duplicate: Upstream/pets: Upstream "pets" is declared more than once
 *       hint: rename one of them, and what refers to it
 *       teams/a/pets.yaml:1:7: first declared here
 *
 * What the repository says in it cannot add lines or steer a terminal.
 */
export function formatDiagnosticsText(
  diagnostics: readonly Diagnostic[],
  style: TextStyle = plainStyle,
): string {
  return diagnostics.map((found) => formatOne(found, style)).join("");
}

/** What they add up to: `2 errors, 1 warning in 12 files`, or `12 files, nothing wrong`. */
export function formatSummary(
  diagnostics: readonly Diagnostic[],
  files: number,
  style: TextStyle = plainStyle,
): string {
  const counts = formatCounts(countSeverities(diagnostics), style);
  const where = countOf(files, "file");
  return counts === "" ? `${where}, nothing wrong` : `${counts} in ${where}`;
}

/** `2 errors, 1 warning`; empty if there are none of both. */
export function formatCounts(
  { errors, warnings }: { readonly errors: number; readonly warnings: number },
  style: TextStyle = plainStyle,
): string {
  return [
    ...(errors > 0 ? [style.red(countOf(errors, "error"))] : []),
    ...(warnings > 0 ? [style.yellow(countOf(warnings, "warning"))] : []),
  ].join(", ");
}

/** How many of them are errors, and how many warnings. */
export function countSeverities(diagnostics: readonly Diagnostic[]): {
  readonly errors: number;
  readonly warnings: number;
} {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  return { errors, warnings: diagnostics.length - errors };
}

/** `VirtualService/pets#/routes/0: `, or nothing of what is about no object. */
export function subjectOf({ resource, pointer }: Pick<Diagnostic, "resource" | "pointer">): string {
  if (resource === undefined) return "";
  return `${resource.kind}/${resource.name}${pointer ? `#${pointer}` : ""}: `;
}

function formatOne(found: Diagnostic, style: TextStyle): string {
  const { code, severity, message, hint, resource, pointer, location, related = [] } = found;
  const color = severity === "error" ? style.red : style.yellow;
  const subject = resource
    ? `${resource.kind}/${resource.name}${pointer ? `#${pointer}` : ""}`
    : "";
  const first = [
    ...(location ? [style.bold(placeOf(location))] : []),
    `${color(severity)} ${style.dim(code)}`,
    ...(subject === "" ? [] : [printableText(subject)]),
    printableText(message),
  ];
  const below = [
    ...(hint === undefined ? [] : [`hint: ${printableText(hint)}`]),
    ...related.map((other) => `${placeOf(other.location)}: ${printableText(other.message)}`),
  ];
  return `${first.join(": ")}\n${below.map((line) => `  ${style.dim(line)}\n`).join("")}`;
}

function placeOf({ file, line, column }: SourceLocation): string {
  return `${printableText(file)}:${line}:${column}`;
}

/** `1 file`, `2 files`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
