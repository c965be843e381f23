import { CorruptObjectError } from "./git-object.js";

/** One entry of a tree object, as it is stored. */
export interface TreeEntry {
  readonly kind: "tree" | "file" | "symlink" | "submodule";
  /** The name's bytes: whatever the repository holds. */
  readonly name: Buffer;
  readonly oid: string;
}

const typeMask = 0o170000;
const kinds: Readonly<Record<number, TreeEntry["kind"]>> = {
  0o040000: "tree",
  0o100000: "file",
  0o120000: "symlink",
  0o160000: "submodule",
};

/**
 * Reads a tree object. isomorphic-git's own reader refuses a tree with one bad name as a whole; here
 * names are left to the caller, so that only the entry is refused.
 */
export function parseTreeObject(content: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    if (space < at || space - at > 7 || end < 0 || end + 21 > content.length) throw broken();
    const mode = content.toString("latin1", at, space);
    const kind = /^[0-7]+$/.test(mode) ? kinds[Number.parseInt(mode, 8) & typeMask] : undefined;
    if (kind === undefined) throw broken();
    const name = content.subarray(space + 1, end);
    entries.push({ kind, name, oid: content.toString("hex", end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

function broken(): CorruptObjectError {
  return new CorruptObjectError("a tree object is damaged");
}
