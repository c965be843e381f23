import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { pointerOf, pointerTokens, type JsonPointer } from "../model/location.js";
import { alignLists } from "./align-lists.js";
import { jsonEqual } from "./json-equal.js";
import type { ObjectView } from "./object-view.js";

/**
 * Changes an object as it is written so that it says what is wanted, and nothing else about it: what is
 * the same in `before` and `after` (both canonical) keeps its spelling, its form and its order of keys.
 */
export function mergeObject(
  raw: JsonObject,
  view: ObjectView,
  before: JsonObject,
  after: JsonObject,
): JsonObject {
  const merge = createMerge(view);
  if (view.written("/name") !== "/metadata/name") return merge.object("", raw, before, after);
  const { name, metadata, ...rest } = after;
  const { name: _1, metadata: metadataBefore, ...restBefore } = before;
  const spec = merge.object("", objectOr(raw["spec"]), restBefore, rest);
  const written = merge.object(
    "/metadata",
    objectOr(raw["metadata"]),
    objectOr(metadataBefore),
    objectOr(metadata),
  );
  return {
    ...raw,
    metadata: { ...written, ...(name === undefined ? {} : { name }) },
    spec,
  };
}

function createMerge(view: ObjectView) {
  function value(
    pointer: JsonPointer,
    written: JsonValue,
    before: JsonValue,
    after: JsonValue,
  ): JsonValue {
    if (jsonEqual(before, after)) return written;
    if (isJsonObject(before) && isJsonObject(after) && isJsonObject(written)) {
      return object(pointer, written, before, after);
    }
    if (Array.isArray(before) && Array.isArray(after) && Array.isArray(written)) {
      // A list has as many items in every form.
      const [olds, items] = [written as readonly JsonValue[], before as readonly JsonValue[]];
      const origins = alignLists(items, after as readonly JsonValue[]);
      return (after as readonly JsonValue[]).map((item, j) => {
        const i = origins[j];
        if (i === undefined) return item;
        return value(pointerOf(pointer, i), olds[i] ?? null, items[i] ?? null, item);
      });
    }
    return after;
  }

  function object(
    pointer: JsonPointer,
    written: JsonObject,
    before: JsonObject,
    after: JsonObject,
  ): JsonObject {
    const changed: Record<string, JsonValue> = { ...written };
    for (const key of Object.keys(before)) {
      if (!Object.hasOwn(after, key)) delete changed[spellingOf(pointerOf(pointer, key), key)];
    }
    for (const [key, wanted] of Object.entries(after)) {
      const at = pointerOf(pointer, key);
      if (jsonEqual(before[key], wanted)) continue;
      const spelling = spellingOf(at, key);
      const old = changed[spelling];
      const isWritten = old !== undefined && before[key] !== undefined;
      changed[spelling] = isWritten ? inWrapper(at, old, before[key] ?? null, wanted) : wanted;
    }
    return changed;
  }

  /** What is written as `{ value: x }` stays so. */
  function inWrapper(
    at: JsonPointer,
    old: JsonValue,
    before: JsonValue,
    wanted: JsonValue,
  ): JsonValue {
    const isWrapped =
      isJsonObject(old) && Object.keys(old).length === 1 && view.written(at).endsWith("/value");
    if (!isWrapped || isJsonObject(before)) return value(at, old, before, wanted);
    return { value: value(at, old["value"] ?? null, before, wanted) };
  }

  /** The key as it is written in its object. */
  function spellingOf(at: JsonPointer, key: string): string {
    const tokens = pointerTokens(view.written(at));
    const spelled = tokens.at(-1) === "value" && key !== "value" ? tokens.at(-2) : tokens.at(-1);
    return spelled ?? key;
  }
  return { object };
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
