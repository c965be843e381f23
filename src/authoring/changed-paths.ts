import { emptyTreeOid } from "../source/objects/git-object.js";
import type { ObjectStore } from "../source/objects/object-store.js";
import { folderMode, readEntries, type Entry } from "./tree-entries.js";

/** A file that two trees do not have alike. */
export interface ChangedPath {
  /** From the folder whose trees were compared. */
  readonly path: string;
  readonly change: "added" | "modified" | "deleted";
}

/** The files in which two trees differ, in the order of paths. Equal folders are not looked into. */
export function changedPaths(
  store: ObjectStore,
  before: string,
  after: string,
): readonly ChangedPath[] {
  const found: ChangedPath[] = [];
  compareFolders(store, before, after, "", found);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function compareFolders(
  store: ObjectStore,
  before: string,
  after: string,
  prefix: string,
  found: ChangedPath[],
): void {
  if (before === after) return;
  const olds = byName(readEntries(store, before));
  const news = byName(readEntries(store, after));
  for (const name of new Set([...olds.keys(), ...news.keys()])) {
    const [old, now] = [olds.get(name), news.get(name)];
    if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
    const path = prefix + Buffer.from(name, "latin1").toString("utf8");
    const [oldFolder, newFolder] = [folderOidOf(old), folderOidOf(now)];
    if (oldFolder !== undefined || newFolder !== undefined) {
      const [from, to] = [oldFolder ?? emptyTreeOid, newFolder ?? emptyTreeOid];
      compareFolders(store, from, to, `${path}/`, found);
    }
    const [oldFile, newFile] = [oldFolder ? undefined : old, newFolder ? undefined : now];
    if (oldFile === undefined && newFile === undefined) continue;
    const change = oldFile === undefined ? "added" : newFile === undefined ? "deleted" : "modified";
    found.push({ path, change });
  }
}

function byName(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function folderOidOf(entry: Entry | undefined): string | undefined {
  return entry?.mode === folderMode ? entry.oid : undefined;
}
