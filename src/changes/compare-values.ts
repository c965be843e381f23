import { create, type Delta } from "jsondiffpatch";
import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { ValueChange } from "./changes.js";

// Entries of lists are told apart by what names them, so that an insertion is one change.
const patcher = create({
  objectHash: (item, index) => nameOf(item) ?? `#${index}`,
  arrays: { detectMove: false },
  cloneDiffValues: false,
});

/** What differs between two values of JSON, by place: what is in both, or gone, comes before what is new. */
export function compareValues(before: JsonValue, after: JsonValue): readonly ValueChange[] {
  return changesOf(patcher.diff(shielded(before), shielded(after)), "");
}

/** Stands before every key while values are compared: what objects inherit, `toString` say, is no key then. */
const shield = "$";

function shielded(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(shielded);
  if (!isJsonObject(value)) return value;
  return mapKeys(value, (key) => shield + key, shielded);
}

function unshielded(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(unshielded);
  if (!isJsonObject(value)) return value;
  return mapKeys(value, (key) => key.slice(shield.length), unshielded);
}

function mapKeys(
  object: JsonObject,
  keyOf: (key: string) => string,
  valueOf: (value: JsonValue) => JsonValue,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [keyOf(key), valueOf(value)]),
  );
}

function nameOf(item: unknown): string | undefined {
  if (!isJsonObject(item)) return undefined;
  const { $name: name, $request_matcher: request, $event_matcher: event, $match: match } = item;
  if (typeof name === "string") return name;
  const matcher = request ?? event ?? match;
  return matcher === undefined ? undefined : JSON.stringify(matcher);
}

function changesOf(delta: Delta, pointer: JsonPointer): readonly ValueChange[] {
  if (delta === undefined) return [];
  if (Array.isArray(delta)) return [leafOf(delta as readonly unknown[], pointer)];
  const isList = "_t" in delta;
  const found: ValueChange[] = [];
  for (const [key, inner] of Object.entries(delta as Readonly<Record<string, Delta>>)) {
    if (isList && key === "_t") continue;
    // Entries that are gone are named by their old index, behind an underscore.
    const name = isList ? key.replace(/^_/, "") : key.slice(shield.length);
    found.push(...changesOf(inner, pointerOf(pointer, name)));
  }
  return found;
}

/** `[new]`, `[old, new]` or `[old, 0, 0]`, as jsondiffpatch has it. */
function leafOf(delta: readonly unknown[], pointer: JsonPointer): ValueChange {
  const [first, second] = (delta as readonly JsonValue[]).map(unshielded);
  if (delta.length === 1) return { pointer, after: first! };
  if (delta.length === 3) return { pointer, before: first! };
  return { pointer, before: first!, after: second! };
}
