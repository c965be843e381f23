import { printableText } from "../lib/printable-text.js";

/**
 * A copy of JSON whose strings are {@link printableText}: what Envoys and commits say ends up on a
 * terminal, and must not be able to steer it.
 */
export function printable<T>(json: T): T {
  return JSON.parse(JSON.stringify(json), (_key, value: unknown) =>
    typeof value === "string" ? printableText(value) : value,
  ) as T; // the reviver keeps every type: strings stay strings
}
