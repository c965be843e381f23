import type { JsonValue } from "../../../lib/json.js";

const maxLength = 80;

/** An example as the end of a comment; empty if there is none, or if it is too long for a line. */
export function exampleNote(example: JsonValue | undefined): string {
  if (example === undefined) return "";
  const text = JSON.stringify(example);
  return text.length > maxLength ? "" : `, such as ${text}`;
}
