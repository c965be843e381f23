import type { FieldChange, ValueChange } from "../../changes/changes.js";
import type { JsonValue } from "../../lib/json.js";

/** How many values of one thing are shown before the rest is only counted. */
export const maxValues = 12;
const maxLength = 100;

/** `"a" → "b"`, `+ "b"` or `- "a"`: values on one line, long ones cut. */
export function describeValueChange({ before, after }: ValueChange): string {
  if (before === undefined) return `+ ${shortJson(after)}`;
  if (after === undefined) return `- ${shortJson(before)}`;
  return `${shortJson(before)} → ${shortJson(after)}`;
}

/** The same for a property that is text already. */
export function describeFieldChange({ before, after }: FieldChange): string {
  return `${shorten(before ?? "none")} → ${shorten(after ?? "none")}`;
}

function shortJson(value: JsonValue | undefined): string {
  return shorten(JSON.stringify(value) ?? "");
}

function shorten(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}
