import { createHash } from "node:crypto";
import type {
  CommitInfo,
  SourceEntry,
  SourceFolder,
  SourceRefusal,
  SourceTree,
} from "../../src/source/source-tree.js";
import { compareText } from "../../src/lib/compare.js";

/** What a path of a made-up tree holds: text, bytes, or an entry that the source refused. */
export type TreeContent = string | Uint8Array | Pick<SourceRefusal, "reason" | "size">;

/**
 * A tree made of `{ path: content }`, as a source would give it. With `previous`, folders and files
 * that did not change are the same objects, as the contract of `SourceTree` says.
 */
export function treeOf(
  files: Readonly<Record<string, TreeContent>>,
  previous?: SourceTree,
  commit: Partial<CommitInfo> = {},
): SourceTree {
  const root: Branch = { folders: new Map(), leaves: new Map() };
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    let branch = root;
    for (const part of parts) {
      let next = branch.folders.get(part);
      if (next === undefined)
        branch.folders.set(part, (next = { folders: new Map(), leaves: new Map() }));
      branch = next;
    }
    branch.leaves.set(name, content);
  }
  const folder = folderOf(root, "", "", previous?.root);
  const signature = { name: "Test", email: "test@example.com", timestampS: 1_700_000_000 };
  return {
    commit: {
      oid: sha1("commit", folder.oid),
      treeOid: folder.oid,
      author: signature,
      committer: signature,
      message: "test",
      ...commit,
    },
    root: folder,
  };
}

interface Branch {
  readonly folders: Map<string, Branch>;
  readonly leaves: Map<string, TreeContent>;
}

function folderOf(
  branch: Branch,
  path: string,
  name: string,
  before: SourceFolder | undefined,
): SourceFolder {
  const known = new Map(before?.entries.map((entry) => [entry.name, entry]));
  const childPath = (child: string) => (path === "" ? child : `${path}/${child}`);
  const entries: SourceEntry[] = [];
  for (const [child, content] of branch.leaves) {
    entries.push(leafOf(content, childPath(child), child, known.get(child)));
  }
  for (const [child, sub] of branch.folders) {
    const old = known.get(child);
    entries.push(folderOf(sub, childPath(child), child, old?.kind === "folder" ? old : undefined));
  }
  entries.sort((a, b) => compareText(a.name, b.name));
  const oid = sha1("tree", ...entries.map((entry) => `${entry.kind} ${entry.name} ${entry.oid}`));
  return before?.oid === oid ? before : { kind: "folder", path, name, oid, entries };
}

function leafOf(
  content: TreeContent,
  path: string,
  name: string,
  before: SourceEntry | undefined,
): SourceEntry {
  if (typeof content === "object" && "reason" in content) {
    const oid = sha1("refused", content.reason, String(content.size));
    return before?.oid === oid ? before : { kind: "refused", path, name, oid, ...content };
  }
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const oid = sha1("blob", bytes);
  return before?.oid === oid ? before : { kind: "file", path, name, oid, bytes };
}

function sha1(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}
