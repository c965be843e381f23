import { isSafeName } from "../source/entry-name.js";
import { emptyTreeOid } from "../source/objects/git-object.js";
import { AuthoringError } from "./authoring-error.js";
import type { ObjectDraft } from "./new-object.js";
import {
  encodeEntries,
  entryNameOf,
  fileMode,
  folderMode,
  readEntries,
  type Entry,
} from "./tree-entries.js";

/** What becomes of one path. */
export type FileChange =
  /** The file has this content. Its mode stays; a new file is not executable. */
  | { readonly kind: "write"; readonly bytes: Uint8Array }
  /** The path holds an object that the repository has: a file, or a whole folder. */
  | { readonly kind: "entry"; readonly oid: string; readonly mode: string }
  | { readonly kind: "delete" };

/** Path from the root of the repository → what becomes of it. */
export type FileChanges = ReadonlyMap<string, FileChange>;

interface Level {
  readonly here: Map<string, FileChange>;
  readonly below: Map<string, Level>;
}

/**
 * The tree that changes make of another one. Only folders on the way to a change are written; one that
 * becomes empty is gone, since Git has none. Throws {@link AuthoringError} for a path that Git, or some
 * machine that checks it out, would not take for a file of the repository.
 */
export function applyChanges(draft: ObjectDraft, treeOid: string, changes: FileChanges): string {
  const root = levelsOf(changes);
  return writeLevel(draft, treeOid, root, "") ?? emptyTreeOid;
}

/** Refuses `../x`, `.git`, device names and the like. */
export function requireSafePath(path: string): void {
  if (path !== "" && path.split("/").every(isSafeName)) return;
  throw new AuthoringError(
    "authoring/bad-path",
    `${JSON.stringify(path)} is no path of a file in a repository; give one such as upstreams/petstore.yaml`,
  );
}

function levelsOf(changes: FileChanges): Level {
  const root: Level = { here: new Map(), below: new Map() };
  for (const [path, change] of changes) {
    requireSafePath(path);
    const parts = path.split("/");
    const last = parts.pop()!; // splitting gives one part at least
    let level = root;
    for (const part of parts) {
      let next = level.below.get(part);
      if (next === undefined) level.below.set(part, (next = { here: new Map(), below: new Map() }));
      level = next;
    }
    level.here.set(last, change);
  }
  return root;
}

/** The oid of the folder with its changes; undefined if nothing is left of it. */
function writeLevel(
  draft: ObjectDraft,
  oid: string,
  level: Level,
  path: string,
): string | undefined {
  const entries = new Map<string, Entry>();
  for (const entry of readEntries(draft.store, oid)) entries.set(entry.name, entry);
  for (const [part, below] of level.below) {
    const name = entryNameOf(part);
    const before = entries.get(name);
    const inner = path === "" ? part : `${path}/${part}`;
    if (before !== undefined && before.mode !== folderMode) {
      if (onlyDeletes(below)) continue;
      throw new AuthoringError("authoring/bad-path", `${inner} is a file, not a folder`);
    }
    const written = writeLevel(draft, before?.oid ?? emptyTreeOid, below, inner);
    if (written === undefined) entries.delete(name);
    else entries.set(name, { mode: folderMode, name, oid: written });
  }
  for (const [part, change] of level.here) {
    const name = entryNameOf(part);
    const changed = changedEntry(draft, name, entries.get(name), change);
    if (changed === undefined) entries.delete(name);
    else entries.set(name, changed);
  }
  if (entries.size === 0) return undefined;
  return draft.add({ type: "tree", content: encodeEntries(entries.values()) });
}

function onlyDeletes({ here, below }: Level): boolean {
  return (
    [...here.values()].every(({ kind }) => kind === "delete") &&
    [...below.values()].every(onlyDeletes)
  );
}

function changedEntry(
  draft: ObjectDraft,
  name: string,
  before: Entry | undefined,
  change: FileChange,
): Entry | undefined {
  switch (change.kind) {
    case "delete":
      return undefined;
    case "entry":
      // The empty tree has no place in a tree.
      return change.oid === emptyTreeOid ? undefined : { ...change, name };
    case "write": {
      const oid = draft.add({ type: "blob", content: Buffer.from(change.bytes) });
      const isFile = before !== undefined && /^100/.test(before.mode);
      return { mode: isFile ? before.mode : fileMode, name, oid };
    }
  }
}
