import git, { type PromiseFsClient, type ReadCommitResult } from "isomorphic-git";
import type { FetchedHistory } from "./git-repository.js";
import type { ObjectStore } from "./objects/object-store.js";
import type { CommitInfo, Signature } from "./source-tree.js";
import { SourceError } from "./source-error.js";
import { treeOidAt } from "./tree-reader.js";

/** Commits that one fetch reports at most. */
export const maxHistory = 100;

/** How far back an ancestor is looked for before the history counts as rewritten. */
const maxAncestors = 10_000;

/** A repository that isomorphic-git and we read. */
export interface ReadableRepository {
  readonly fs: PromiseFsClient;
  readonly gitdir: string;
  readonly store: ObjectStore;
}

/** Reads a commit; an annotated tag is followed to what it tags. A parent that is not here is cut. */
export async function readCommit(
  repository: ReadableRepository,
  oid: string,
  basePath: string,
): Promise<CommitInfo> {
  return withoutMissingParent(repository, await readWithParent(repository, oid, basePath));
}

function withoutMissingParent({ store }: ReadableRepository, commit: CommitInfo): CommitInfo {
  const { parent, ...cut } = commit;
  return parent === undefined || store.has(parent) ? commit : cut;
}

async function readWithParent(
  { fs, gitdir, store }: ReadableRepository,
  oid: string,
  basePath: string,
): Promise<CommitInfo> {
  const { commit, ...read } = await git
    .readCommit({ fs, gitdir, oid, cache: {} })
    .catch((error: unknown) => {
      if (error instanceof git.Errors.ObjectTypeError) throw notCommit(oid, error);
      throw error instanceof TypeError ? unreadable(oid, error) : error;
    });
  const parent = commit.parent[0];
  return {
    oid: read.oid,
    treeOid: treeOidAt(store, commit.tree, basePath),
    ...(parent === undefined ? {} : { parent }),
    author: signatureOf(commit.author),
    committer: signatureOf(commit.committer),
    message: commit.message,
  };
}

/** The first-parent history of `head` back to `since`, as far as it is here. */
export async function readHistory(
  repository: ReadableRepository,
  head: string,
  since: string | undefined,
  basePath: string,
): Promise<FetchedHistory> {
  const first = await readWithParent(repository, head, basePath);
  if (since === first.oid) return { commits: [], truncated: false, rewritten: false };
  if (since === undefined) {
    const commits = [withoutMissingParent(repository, first)];
    return { commits, truncated: false, rewritten: false };
  }
  const walked = [first];
  const reached = await walkBack(repository, walked, since, basePath);
  const commits = walked.map((commit) => withoutMissingParent(repository, commit));
  if (reached === "found") return { commits, truncated: false, rewritten: false };
  // The shallow boundary, or too many commits, with `since` perhaps beyond: nothing says that it is gone.
  if (!repository.store.has(since)) {
    const atRoot = reached === "root";
    return { commits, truncated: !atRoot, rewritten: atRoot };
  }
  const { fs, gitdir } = repository;
  const isAncestor = await git
    .isDescendent({ fs, gitdir, oid: first.oid, ancestor: since, depth: maxAncestors, cache: {} })
    .catch((error: unknown) => {
      if (error instanceof git.Errors.MaxDepthError || error instanceof git.Errors.NotFoundError) {
        return false;
      }
      throw error;
    });
  const old = await ancestorsOf(repository, since);
  const fresh = commits.filter(({ oid }) => !old.has(oid));
  return {
    commits: fresh,
    truncated: reached === "limit" && fresh.length === commits.length,
    rewritten: !isAncestor,
  };
}

/** Appends first parents until `since` is one; says why it ended. */
async function walkBack(
  repository: ReadableRepository,
  commits: CommitInfo[],
  since: string,
  basePath: string,
): Promise<"found" | "root" | "boundary" | "limit"> {
  for (;;) {
    const last = commits[commits.length - 1]!;
    if (last.parent === undefined) return "root";
    if (last.parent === since) return "found";
    if (!repository.store.has(last.parent)) return "boundary";
    if (commits.length === maxHistory) return "limit";
    commits.push(await readWithParent(repository, last.parent, basePath));
  }
}

/** A commit and what it descends from, as far as it is here. */
async function ancestorsOf(
  { fs, gitdir, store }: ReadableRepository,
  oid: string,
): Promise<ReadonlySet<string>> {
  const seen = new Set([oid]);
  for (const next of seen) {
    if (seen.size > maxAncestors) break;
    const { commit } = await git.readCommit({ fs, gitdir, oid: next, cache: {} });
    for (const parent of commit.parent) if (store.has(parent)) seen.add(parent);
  }
  return seen;
}

function notCommit(oid: string, cause: InstanceType<typeof git.Errors.ObjectTypeError>): Error {
  return new SourceError(
    "source/ref-not-found",
    `${oid} is a ${cause.data.actual}, not a commit; watch a branch, or a tag of a commit`,
    { cause },
  );
}

/** isomorphic-git takes the form of a commit for granted; one that no Git made may have any. */
function unreadable(oid: string, cause: unknown): SourceError {
  const message = `commit ${oid} is not formed as Git does it; push another one`;
  return new SourceError("source/protocol", message, { cause });
}

/** The type promises more than a commit that no Git made holds. */
function signatureOf(who: Partial<ReadCommitResult["commit"]["author"]> | undefined): Signature {
  const { name = "", email = "", timestamp = 0 } = who ?? {};
  return { name, email, timestampS: Number.isFinite(timestamp) ? timestamp : 0 };
}
