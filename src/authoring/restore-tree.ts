import type { ObjectStore } from "../source/objects/object-store.js";
import { treeOidAt } from "../source/tree-reader.js";
import type { FileChange, FileChanges } from "./apply-changes.js";
import { folderMode, readEntries } from "./tree-entries.js";
import { treeOf } from "./read-commits.js";

/**
 * The changes that make a folder what it was in another commit. Of the whole repository (`""`), each of
 * its entries that differs is one.
 */
export function restoringChanges(
  store: ObjectStore,
  path: string,
  current: string,
  wanted: string,
): FileChanges {
  const [from, to] = [current, wanted].map((commit) =>
    treeOidAt(store, treeOf(store, commit), path),
  );
  if (from === undefined || to === undefined || from === to) return new Map();
  if (path !== "") return new Map([[path, { kind: "entry", mode: folderMode, oid: to }]]);
  const changes = new Map<string, FileChange>();
  const textOf = (name: string): string => Buffer.from(name, "latin1").toString("utf8");
  const wantedEntries = readEntries(store, to);
  const kept = new Set(wantedEntries.map(({ name }) => name));
  for (const { name } of readEntries(store, from)) {
    if (!kept.has(name)) changes.set(textOf(name), { kind: "delete" });
  }
  const before = new Map(readEntries(store, from).map((entry) => [entry.name, entry]));
  for (const { name, mode, oid } of wantedEntries) {
    const old = before.get(name);
    if (old?.oid !== oid || old.mode !== mode)
      changes.set(textOf(name), { kind: "entry", mode, oid });
  }
  return changes;
}
