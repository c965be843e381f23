import { CorruptObjectError } from "../source/objects/git-object.js";
import type { ObjectStore } from "../source/objects/object-store.js";
import type { CommitInfo, Signature } from "../source/source-tree.js";
import { treeOidAt } from "../source/tree-reader.js";

/** The root tree of a commit. */
export function treeOf(store: ObjectStore, commit: string): string {
  return headerOf(textOf(store, commit), "tree") ?? damaged(commit);
}

/** A commit, with its tree at a path. A parent that is not here is left out. */
export function readCommitAt(store: ObjectStore, oid: string, basePath: string): CommitInfo {
  const text = textOf(store, oid);
  const tree = headerOf(text, "tree") ?? damaged(oid);
  const parent = headerOf(text, "parent");
  const end = text.indexOf("\n\n");
  return {
    oid,
    treeOid: treeOidAt(store, tree, basePath),
    ...(parent !== undefined && store.has(parent) ? { parent } : {}),
    author: signatureOf(headerOf(text, "author")),
    committer: signatureOf(headerOf(text, "committer")),
    message: end < 0 ? "" : text.slice(end + 2),
  };
}

/** A commit and its first parents, newest first, as far as they are here and at most `count`. */
export function readFirstParents(
  store: ObjectStore,
  head: string,
  basePath: string,
  count: number,
): readonly CommitInfo[] {
  const commits: CommitInfo[] = [];
  for (let at: string | undefined = head; at !== undefined && commits.length < count;) {
    const commit: CommitInfo = readCommitAt(store, at, basePath);
    commits.push(commit);
    at = commit.parent;
  }
  return commits;
}

function textOf(store: ObjectStore, commit: string): string {
  const { type, content } = store.read(commit);
  return type === "commit" ? content.toString("utf8") : damaged(commit);
}

function headerOf(text: string, name: string): string | undefined {
  const end = text.indexOf("\n\n");
  const head = end < 0 ? text : text.slice(0, end);
  return new RegExp(`^${name} (.*)$`, "m").exec(head)?.[1];
}

function signatureOf(line = ""): Signature {
  const [, name = "", email = "", seconds = "0"] = /^(.*?) ?<([^>]*)> (\d+)/.exec(line) ?? [];
  return { name, email, timestampS: Number(seconds) };
}

function damaged(oid: string): never {
  throw new CorruptObjectError(`object ${oid} is not a sound commit`);
}
