import { CorruptObjectError, emptyTreeOid } from "../source/objects/git-object.js";
import type { ObjectStore } from "../source/objects/object-store.js";

/** One entry of a tree object, with all that Git keeps of it. */
export interface Entry {
  /** As stored, such as `100644`; `40000` is a folder. */
  readonly mode: string;
  /** In Latin-1, so that every byte of a name is kept, whatever its encoding. */
  readonly name: string;
  readonly oid: string;
}

/** The mode of a folder. */
export const folderMode = "40000";
/** The mode of a file that is not executable. */
export const fileMode = "100644";

/** A name as entries hold it. */
export function entryNameOf(name: string): string {
  return Buffer.from(name, "utf8").toString("latin1");
}

/** The entries of a tree. */
export function readEntries(store: ObjectStore, oid: string): readonly Entry[] {
  if (oid === emptyTreeOid) return [];
  const { type, content } = store.read(oid);
  if (type !== "tree") throw new CorruptObjectError(`object ${oid} is not a tree`);
  const entries: Entry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    if (space < at || end < 0 || end + 21 > content.length) {
      throw new CorruptObjectError(`tree ${oid} is damaged`);
    }
    entries.push({
      mode: content.toString("latin1", at, space),
      name: content.toString("latin1", space + 1, end),
      oid: content.toString("hex", end + 1, end + 21),
    });
    at = end + 21;
  }
  return entries;
}

/** The content of a tree object with these entries, in Git's order: folders as if they ended in `/`. */
export function encodeEntries(entries: Iterable<Entry>): Buffer {
  const keyOf = ({ mode, name }: Entry): string => (mode === folderMode ? `${name}/` : name);
  const sorted = [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return Buffer.concat(
    sorted.flatMap(({ mode, name, oid }) => [
      Buffer.from(`${mode} ${name}\0`, "latin1"),
      Buffer.from(oid, "hex"),
    ]),
  );
}

/** What lies at a path below a tree; undefined: nothing. */
export function entryAt(store: ObjectStore, treeOid: string, path: string): Entry | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  let entry: Entry = { mode: folderMode, name: "", oid: treeOid };
  for (const part of parts) {
    if (entry.mode !== folderMode) return undefined;
    const name = entryNameOf(part);
    const next = readEntries(store, entry.oid).find((candidate) => candidate.name === name);
    if (next === undefined) return undefined;
    entry = next;
  }
  return entry;
}
