import type { JsonValue } from "../lib/json.js";

/** Writes a JSON text anew as it was written: its indent, and its end. */
export function patchJsonText(text: string, after: JsonValue): string {
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const isOneLine = !text.trim().includes("\n");
  const indent = isOneLine ? "" : (/\n([ \t]+)\S/.exec(text)?.[1] ?? "  ");
  const end = /\s*$/.exec(text)?.[0] ?? "";
  return JSON.stringify(after, undefined, indent).replaceAll("\n", lineBreak) + end;
}
