import { isJsonObject, type JsonValue } from "../../lib/json.js";
import type { RefChange } from "./hook-kind.js";

/** The value at a path of keys; undefined where anything on the way is not as hoped. */
export function valueAt(value: JsonValue | undefined, ...path: readonly string[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (!isJsonObject(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}

/** The text at a path of keys; undefined where there is none. */
export function textAt(
  value: JsonValue | undefined,
  ...path: readonly string[]
): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

const maxRefs = 1_000;

/** The list at a path of keys, cut to what a push may move at once; empty where there is none. */
export function listAt(
  value: JsonValue | undefined,
  ...path: readonly string[]
): readonly JsonValue[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? (found as readonly JsonValue[]).slice(0, maxRefs) : [];
}

/** A commit's oid; undefined for other text, and for the zeros that stand for a deleted ref. */
export function oidOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)) return undefined;
  return /^0+$/.test(text) ? undefined : text.toLowerCase();
}

/** The push payload that most hosts share: `{ ref, after }`. */
export function refAndAfter(payload: JsonValue): readonly RefChange[] {
  return [{ ref: textAt(payload, "ref"), commit: oidOf(textAt(payload, "after")) }];
}
