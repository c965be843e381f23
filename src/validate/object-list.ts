import type { RawObject } from "../parse/documents.js";
import type { CheckedObject } from "./object-check.js";

/** The objects of a tree, checked, and what the last step changed. */
export interface ObjectList {
  readonly raw: readonly RawObject[];
  readonly checked: readonly CheckedObject[];
  readonly removed: readonly CheckedObject[];
  readonly added: readonly CheckedObject[];
}

/**
 * Checks the objects of a tree, given those of the tree before it: what both begin with, and what both
 * end with, is passed over.
 */
export function nextObjectList(
  before: ObjectList | undefined,
  raw: readonly RawObject[],
  check: (raw: RawObject) => CheckedObject,
): ObjectList {
  const old = before ?? { raw: [], checked: [] };
  const shorter = Math.min(old.raw.length, raw.length);
  let start = 0;
  while (start < shorter && old.raw[start] === raw[start]) start++;
  let end = 0;
  while (end < shorter - start && old.raw.at(-1 - end) === raw.at(-1 - end)) end++;
  const added = raw.slice(start, raw.length - end).map(check);
  const checked = [
    ...old.checked.slice(0, start),
    ...added,
    ...old.checked.slice(old.checked.length - end),
  ];
  return { raw, checked, added, removed: old.checked.slice(start, old.checked.length - end) };
}
