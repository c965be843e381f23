import { create, type Delta } from "jsondiffpatch";
import { isJsonObject, type JsonValue } from "../lib/json.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { ValueChange } from "./changes.js";

// Entries of lists are told apart by what names them, so that an insertion is one change.
const patcher = create({
  objectHash: (item, index) => nameOf(item) ?? `#${index}`,
  arrays: { detectMove: false },
  cloneDiffValues: false,
});

/** What differs between two values of JSON, in the order of the later one, by place. */
export function compareValues(before: JsonValue, after: JsonValue): readonly ValueChange[] {
  return changesOf(patcher.diff(before, after), after, "");
}

function nameOf(item: unknown): string | undefined {
  if (!isJsonObject(item)) return undefined;
  const { name, request_matcher: request, event_matcher: event, match } = item;
  if (typeof name === "string") return name;
  const matcher = request ?? event ?? match;
  return matcher === undefined ? undefined : JSON.stringify(matcher);
}

function changesOf(delta: Delta, after: unknown, pointer: JsonPointer): readonly ValueChange[] {
  if (delta === undefined) return [];
  if (Array.isArray(delta)) return [leafOf(delta as readonly unknown[], pointer)];
  const isList = "_t" in delta;
  const found: ValueChange[] = [];
  for (const [key, inner] of Object.entries(delta as Readonly<Record<string, Delta>>)) {
    if (isList && key === "_t") continue;
    // Entries that are gone are named by their old index, behind an underscore.
    const isGone = isList && key.startsWith("_");
    const name = isGone ? key.slice(1) : key;
    const child = (after as Readonly<Record<string, unknown>>)[name];
    found.push(...changesOf(inner, child, pointerOf(pointer, name)));
  }
  return found;
}

/** `[new]`, `[old, new]` or `[old, 0, 0]`, as jsondiffpatch has it. */
function leafOf(delta: readonly unknown[], pointer: JsonPointer): ValueChange {
  const [first, second] = delta as readonly JsonValue[];
  if (delta.length === 1) return { pointer, after: first! };
  if (delta.length === 3) return { pointer, before: first! };
  return { pointer, before: first!, after: second! };
}
