import { isJsonObject, type JsonValue } from "../lib/json.js";
import { jsonEqual } from "./json-equal.js";

/**
 * Which item of a list each item of another one was: for each of `after` the index in `before`, or
 * undefined for a new one. Equal items go first, then those of one name, then those in the same place.
 */
export function alignLists(
  before: readonly JsonValue[],
  after: readonly JsonValue[],
): readonly (number | undefined)[] {
  const free = new Set(before.keys());
  const found: (number | undefined)[] = after.map(() => undefined);
  const match = (isSame: (old: JsonValue, item: JsonValue, i: number, j: number) => boolean) => {
    after.forEach((item, j) => {
      if (found[j] !== undefined) return;
      for (const i of free) {
        if (!isSame(before[i] ?? null, item, i, j)) continue;
        found[j] = i;
        free.delete(i);
        return;
      }
    });
  };
  match((old, item, i, j) => i === j && jsonEqual(old, item));
  match(jsonEqual);
  match((old, item) => nameOf(item) !== undefined && nameOf(old) === nameOf(item));
  match((old, item) => nameOf(item) === undefined && likeness(old, item) > 0.5);
  // What was edited where it stands; only if nothing has come or gone.
  if (before.length === after.length) {
    match((old, item, i, j) => i === j && nameOf(old) === undefined && nameOf(item) === undefined);
  }
  return found;
}

function nameOf(item: JsonValue): string | undefined {
  const name = isJsonObject(item) ? item["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}

/** The part of the keys of both that have equal values. */
function likeness(a: JsonValue, b: JsonValue): number {
  if (!isJsonObject(a) || !isJsonObject(b)) return 0;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const same = [...keys].filter((key) => jsonEqual(a[key], b[key])).length;
  return keys.size === 0 ? 0 : same / keys.size;
}
