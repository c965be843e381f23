import { printableText } from "../../../lib/printable-text.js";
import type { JsonPointer, SourceLocation } from "../../../model/location.js";
import type { Node } from "./documents.js";

/** Something in a document that cannot become config, or not as it stands there. */
export interface ImportProblem {
  /** With an error nothing is written. */
  readonly severity: "error" | "warning";
  /** One sentence: lower case, no final stop. */
  readonly message: string;
  readonly pointer: JsonPointer;
  readonly location: SourceLocation;
}

/** Makes a problem of a place in a document. */
export function problemAt(
  { document, pointer }: Node,
  severity: ImportProblem["severity"],
  message: string,
): ImportProblem {
  return {
    severity,
    message: message.slice(0, 1_000),
    pointer,
    location: document.locate(pointer),
  };
}

/** Problems for people, as editors and terminals make them clickable. */
export function formatProblems(problems: readonly ImportProblem[]): string {
  return problems
    .map(({ severity, message, location: { file, line, column } }) =>
      printableText(`${file}:${line}:${column}: ${severity}: ${message}`).concat("\n"),
    )
    .join("");
}
