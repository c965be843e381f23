import { emptyTreeOid } from "../source/objects/git-object.js";
import type { ObjectStore } from "../source/objects/object-store.js";
import { applyChanges, type FileChanges } from "./apply-changes.js";
import { BranchMovedError } from "./authoring-error.js";
import { encodeCommit, type CommitSigner, type Identity } from "./encode-commit.js";
import { draftObjects } from "./new-object.js";
import { treeOf } from "./read-commits.js";
import type { WritableRepository } from "./writable-repository.js";

/** What a change is planned on. */
export interface CommitView {
  /** The commit that the new one will be a child of; undefined: it will have no parent. */
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
  verify?(candidate: CommitView, signal: AbortSignal): Promise<void>;
}

/** Makes the plan of a commit on what is there. What it throws ends the attempt. */
export type MakePlan = (view: CommitView, signal: AbortSignal) => Promise<Plan>;

/** Who makes a commit, and how often that is tried. */
export interface CommitMaker {
  readonly repository: WritableRepository;
  readonly author: Identity;
  /** Default: the author. */
  readonly committer?: Identity | undefined;
  readonly signer?: CommitSigner | undefined;
  /** Seconds since 1970. Default: now. */
  readonly timestampS?: number | undefined;
  /** How often it is begun anew because the ref moved. Default: 10. */
  readonly maxRetries?: number | undefined;
}

/** Where a commit goes, as it was found. */
export interface CommitPlace {
  /** Its full name, such as `refs/heads/main`. */
  readonly ref: string;
  /** What it names; undefined: there is no such ref. */
  readonly before: string | undefined;
  /** The parent of the commit; undefined: it has none. */
  readonly start: string | undefined;
}

/** What became of a change. */
export interface RefCommit {
  readonly ref: string;
  /** The new tip; what the ref begins with if there was nothing to change. */
  readonly commit: string | undefined;
  readonly parent: string | undefined;
  /** False: the tree has already what the change wanted, and no commit was made. */
  readonly changed: boolean;
  /** How often the ref moved meanwhile. */
  readonly retries: number;
}

const defaultRetries = 10;

/**
 * Makes one commit and puts it on a ref, never by force. `find` and `plan` are asked anew each time the ref
 * has moved; what they throw ends it.
 */
export async function commitOnRef(
  maker: CommitMaker,
  find: (signal: AbortSignal) => Promise<CommitPlace>,
  plan: MakePlan,
  signal: AbortSignal,
): Promise<RefCommit> {
  const maxRetries = maker.maxRetries ?? defaultRetries;
  for (let retries = 0; ; retries++) {
    try {
      return { ...(await attempt(maker, await find(signal), plan, signal)), retries };
    } catch (cause) {
      if (!(cause instanceof BranchMovedError) || retries >= maxRetries) throw cause;
      signal.throwIfAborted();
    }
  }
}

async function attempt(
  maker: CommitMaker,
  { ref, before, start }: CommitPlace,
  plan: MakePlan,
  signal: AbortSignal,
): Promise<Omit<RefCommit, "retries">> {
  const { repository } = maker;
  const store = start === undefined ? emptyStore : await repository.open(start, signal);
  const view = { commit: start, treeOid: start ? treeOf(store, start) : emptyTreeOid, store };
  const { changes, message, verify } = await plan(view, signal);
  const draft = draftObjects(store);
  const tree = applyChanges(draft, view.treeOid, changes);
  if (tree === view.treeOid) return { ref, commit: start, parent: start, changed: false };
  await verify?.({ commit: start, treeOid: tree, store: draft.store }, signal);
  const content = await encodeCommit(
    {
      tree,
      parents: start === undefined ? [] : [start],
      author: maker.author,
      committer: maker.committer ?? maker.author,
      timestampS: maker.timestampS ?? Date.now() / 1000,
      message,
    },
    maker.signer,
    signal,
  );
  const commit = draft.add({ type: "commit", content });
  await repository.publish({ ref, before, commit, objects: draft.added() }, signal);
  return { ref, commit, parent: start, changed: true };
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
