import type { ObjectStore } from "../source/objects/object-store.js";
import type { FileChange, FileChanges } from "./apply-changes.js";
import { ConflictError } from "./authoring-error.js";
import { commitOnBranch, type CommitResult, type CommitTarget } from "./commit-on-branch.js";
import { oidOf } from "../source/objects/git-object.js";
import { treeOf } from "./read-commits.js";
import { entryAt } from "./tree-entries.js";

/** One commit with changes of files. */
export interface CommitChangesOptions extends CommitTarget {
  readonly changes: FileChanges;
  readonly message: string;
  /**
   * The commit that the writer looked at. Default: the tip at the first try. A changed file that is not
   * what it was there is a conflict; other files may have changed.
   */
  readonly base?: string;
  /** Folders in which nothing at all may have changed since `base`; `""` is the whole tree. */
  readonly frozen?: readonly string[];
}

/**
 * Commits changes of files to a branch. When the branch has moved since the writer looked, the change is
 * made anew on what is there, file by file; throws {@link ConflictError} if it cannot be.
 */
export async function commitChanges(
  options: CommitChangesOptions,
  signal: AbortSignal,
): Promise<CommitResult> {
  const { changes, message, frozen = [] } = options;
  const paths = [...changes.keys(), ...frozen];
  let seen: ReadonlyMap<string, string | undefined> | undefined;
  if (options.base !== undefined) {
    const store = await options.repository.open(options.base, signal);
    seen = oidsAt(store, treeOf(store, options.base), paths);
  }
  return commitOnBranch(
    options,
    ({ commit, treeOid, store }) => {
      const current = oidsAt(store, treeOid, paths);
      seen ??= current;
      for (const path of paths) {
        const oid = current.get(path);
        if (oid === seen.get(path) || oid === wantedOid(changes.get(path))) continue;
        throw new ConflictError(path === "" ? "the config" : path, commit);
      }
      return Promise.resolve({ changes, message });
    },
    signal,
  );
}

function oidsAt(
  store: ObjectStore,
  tree: string,
  paths: readonly string[],
): ReadonlyMap<string, string | undefined> {
  return new Map(paths.map((path) => [path, entryAt(store, tree, path)?.oid]));
}

/** What the change would make of the path: another who did the same is no conflict. */
function wantedOid(change: FileChange | undefined): string | undefined | null {
  if (change === undefined) return null;
  if (change.kind === "entry") return change.oid;
  return change.kind === "delete" ? undefined : oidOf("blob", change.bytes);
}
