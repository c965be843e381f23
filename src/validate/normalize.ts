import { emptyJsonObject, isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { Shape } from "./shape.js";

/** What normalisation tells its caller. Pointers are those of the canonical form. */
export interface NormalizeSink {
  /** Called for what stands elsewhere than its canonical pointer says; `written` is where. */
  moved?(canonical: JsonPointer, written: JsonPointer): void;
  /** Two spellings of one key in one object. */
  sameKeyTwice?(pointer: JsonPointer, key: string, spelling: string): void;
}

/**
 * Brings a value to its canonical form: snake_case keys, aliases resolved, `{ value: x }` unwrapped,
 * null keys gone (a null in a map of strings is `""`), ignored keys gone, defaults filled in where
 * the schema says so. A value that has this form already is returned as it is.
 */
export function normalize(value: JsonValue, shape: Shape, sink: NormalizeSink): JsonValue {
  return normalizeAt(value, shape, "", "", sink);
}

function normalizeAt(
  value: JsonValue,
  shape: Shape,
  pointer: JsonPointer,
  written: JsonPointer,
  sink: NormalizeSink,
): JsonValue {
  if (Array.isArray(value)) return normalizeList(value, shape, pointer, written, sink);
  if (!isJsonObject(value)) return value;
  if (shape.isWrapper && isWrapped(value)) {
    const inner = pointerOf(written, "value");
    sink.moved?.(pointer, inner);
    return normalizeAt(value["value"] ?? null, shape, pointer, inner, sink);
  }
  if (shape.keys !== undefined) return normalizeObject(value, shape, pointer, written, sink);
  if (shape.values !== undefined) return normalizeMap(value, shape, pointer, written, sink);
  return value;
}

function isWrapped(value: JsonObject): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === "value";
}

function normalizeList(
  list: readonly JsonValue[],
  { items }: Shape,
  pointer: JsonPointer,
  written: JsonPointer,
  sink: NormalizeSink,
): JsonValue {
  if (items === undefined) return list;
  // Copied only from the first item that changes.
  let copy: JsonValue[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const before = list[index] ?? null;
    if (typeof before !== "object" || before === null) {
      copy?.push(before);
      continue;
    }
    const after = normalizeAt(
      before,
      items,
      sink.moved || sink.sameKeyTwice ? pointerOf(pointer, index) : pointer,
      sink.moved ? pointerOf(written, index) : written,
      sink,
    );
    if (copy === undefined && after !== before) copy = list.slice(0, index);
    copy?.push(after);
  }
  return copy ?? list;
}

function normalizeMap(
  map: JsonObject,
  { values, nullIsEmpty }: Shape,
  pointer: JsonPointer,
  written: JsonPointer,
  sink: NormalizeSink,
): JsonValue {
  if (values === undefined) return map;
  let hasChanged = false;
  const copy = emptyJsonObject();
  for (const [key, before] of Object.entries(map)) {
    const after =
      before === null && nullIsEmpty
        ? ""
        : normalizeAt(before, values, pointerOf(pointer, key), pointerOf(written, key), sink);
    if (after !== before) hasChanged = true;
    copy[key] = after;
  }
  return hasChanged ? copy : map;
}

function normalizeObject(
  object: JsonObject,
  { keys, filled }: Shape,
  pointer: JsonPointer,
  written: JsonPointer,
  sink: NormalizeSink,
): JsonValue {
  let hasChanged = false;
  const copy = emptyJsonObject();
  for (const spelling of Object.keys(object)) {
    const before = object[spelling] ?? null;
    const known = keys?.get(spelling);
    if (known?.isIgnored === true || (known !== undefined && before === null)) {
      hasChanged = true;
      continue;
    }
    const key = known?.key ?? spelling;
    if (key !== spelling) {
      hasChanged = true;
      const inner = pointerOf(pointer, key);
      const own = object[key];
      if (Object.hasOwn(object, key) && own !== null && own !== undefined) {
        sink.sameKeyTwice?.(pointer, key, spelling);
        continue;
      }
      sink.moved?.(inner, pointerOf(written, spelling));
    }
    if (known === undefined || typeof before !== "object") {
      copy[key] = before;
      continue;
    }
    const after = normalizeAt(
      before,
      known.shape,
      pointerOf(pointer, key),
      pointerOf(written, spelling),
      sink,
    );
    if (after !== before) hasChanged = true;
    // `{ value: null }` is unset too.
    if (after !== null) copy[key] = after;
  }
  for (const { key, value } of filled ?? []) {
    if (Object.hasOwn(copy, key)) continue;
    copy[key] = value;
    hasChanged = true;
  }
  return hasChanged ? copy : object;
}

/** Where a canonical pointer stands in the text, given what normalisation moved. */
export function writtenPointer(
  canonical: JsonPointer,
  moved: ReadonlyMap<JsonPointer, JsonPointer>,
): JsonPointer {
  // The longest part that was moved says where the rest is.
  for (let end = canonical.length; end >= 0; end = canonical.lastIndexOf("/", end - 1)) {
    const written = moved.get(canonical.slice(0, end));
    if (written !== undefined) return written + canonical.slice(end);
    if (end === 0) break;
  }
  return canonical;
}
