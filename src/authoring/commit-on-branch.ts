import { parseWantedRef, refNotFound } from "../source/refs.js";
import { emptyTreeOid } from "../source/objects/git-object.js";
import type { ObjectStore } from "../source/objects/object-store.js";
import { applyChanges, type FileChanges } from "./apply-changes.js";
import { AuthoringError, BranchMovedError } from "./authoring-error.js";
import { encodeCommit, type CommitSigner, type Identity } from "./encode-commit.js";
import { draftObjects } from "./new-object.js";
import { treeOf } from "./read-commits.js";
import type { WritableRepository } from "./writable-repository.js";

/** What a change is planned on. */
export interface BranchView {
  /** The commit that the new one will be a child of; undefined in a repository without commits. */
  readonly commit: string | undefined;
  /** Its tree, from the root of the repository. */
  readonly treeOid: string;
  /** Reads its objects until the plan has been made. */
  readonly store: ObjectStore;
}

/** A change, and what is to be looked at before it is pushed. */
export interface Plan {
  readonly changes: FileChanges;
  readonly message: string;
  /** Looks at the tree that the changes make; what it throws keeps the commit from being made. */
  verify?(candidate: BranchView, signal: AbortSignal): Promise<void>;
}

/** Where a commit goes, and who makes it. */
export interface CommitTarget {
  readonly repository: WritableRepository;
  /** Without `refs/heads/`. Default: the default branch. */
  readonly branch?: string | undefined;
  /** Where a branch that does not exist begins: a branch or a commit. Default: the default branch. */
  readonly from?: string | undefined;
  readonly author: Identity;
  /** Default: the author. */
  readonly committer?: Identity | undefined;
  readonly signer?: CommitSigner | undefined;
  /** Seconds since 1970. Default: now. */
  readonly timestampS?: number | undefined;
  /** How often it is begun anew because the branch moved. Default: 10. */
  readonly maxRetries?: number | undefined;
}

/** What became of a change. */
export interface CommitResult {
  readonly branch: string;
  /** The new tip; the old one if there was nothing to change. */
  readonly commit: string | undefined;
  readonly parent: string | undefined;
  /** False: the tree has already what the change wanted, and no commit was made. */
  readonly changed: boolean;
  /** How often the branch moved meanwhile. */
  readonly retries: number;
}

const defaultRetries = 10;

/**
 * Makes one commit and puts it on a branch, never by force. `plan` is asked anew, with the new tip, each
 * time the branch has moved; what it throws ends it.
 */
export async function commitOnBranch(
  target: CommitTarget,
  plan: (view: BranchView, signal: AbortSignal) => Promise<Plan>,
  signal: AbortSignal,
): Promise<CommitResult> {
  const maxRetries = target.maxRetries ?? defaultRetries;
  for (let retries = 0; ; retries++) {
    try {
      return { ...(await attempt(target, plan, signal)), retries };
    } catch (cause) {
      if (!(cause instanceof BranchMovedError) || retries >= maxRetries) throw cause;
      signal.throwIfAborted();
    }
  }
}

async function attempt(
  target: CommitTarget,
  plan: (view: BranchView, signal: AbortSignal) => Promise<Plan>,
  signal: AbortSignal,
): Promise<Omit<CommitResult, "retries">> {
  const { repository } = target;
  const { branch, before, start } = await findStart(target, signal);
  const store = start === undefined ? emptyStore : await repository.open(start, signal);
  const view = { commit: start, treeOid: start ? treeOf(store, start) : emptyTreeOid, store };
  const { changes, message, verify } = await plan(view, signal);
  const draft = draftObjects(store);
  const tree = applyChanges(draft, view.treeOid, changes);
  const unchanged = { branch, commit: start, parent: start, changed: false };
  // A new branch is made even if it holds nothing new.
  if (tree === view.treeOid) return unchanged;
  await verify?.({ commit: start, treeOid: tree, store: draft.store }, signal);
  const content = await encodeCommit(
    {
      tree,
      parents: start === undefined ? [] : [start],
      author: target.author,
      committer: target.committer ?? target.author,
      timestampS: target.timestampS ?? Date.now() / 1000,
      message,
    },
    target.signer,
    signal,
  );
  const commit = draft.add({ type: "commit", content });
  await repository.publish({ branch, before, commit, objects: draft.added() }, signal);
  return { branch, commit, parent: start, changed: true };
}

/** The branch by its name, its tip, and the commit that the new one is made on. */
async function findStart(
  { repository, branch, from }: CommitTarget,
  signal: AbortSignal,
): Promise<{ branch: string; before: string | undefined; start: string | undefined }> {
  const { branches, defaultBranch } = await repository.listBranches(signal);
  const name = branch ?? defaultBranch;
  if (name === undefined) {
    throw new AuthoringError(
      "authoring/bad-commit",
      "the repository has no default branch; name one",
    );
  }
  parseWantedRef(`refs/heads/${name}`);
  const before = branches.get(name);
  if (before !== undefined) return { branch: name, before, start: before };
  if (from !== undefined && /^[0-9a-f]{40}$/.test(from))
    return { branch: name, before, start: from };
  const start = branches.get(from ?? defaultBranch ?? name);
  if (start === undefined && branches.size > 0) {
    const known = [...branches].map(([known, oid]) => ({ ref: `refs/heads/${known}`, oid }));
    throw refNotFound(parseWantedRef(from ?? defaultBranch ?? name), known);
  }
  return { branch: name, before, start };
}

/** The objects of a repository without commits. */
const emptyStore: ObjectStore = {
  has: (oid) => oid === emptyTreeOid,
  oidsWith: () => [],
  read(oid) {
    throw new Error(`an empty repository has no object ${oid}`);
  },
  readWithin: (oid) => emptyStore.read(oid),
  packs: () => ({ count: 0, bytes: 0, largestBytes: 0 }),
  packContext() {
    throw new Error("an empty repository has no packs");
  },
  addPack: () => undefined,
  addPacksOf: () => undefined,
  release: () => undefined,
  close: () => undefined,
};
