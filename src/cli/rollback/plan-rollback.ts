import { changedPaths, type ChangedPath } from "../../authoring/changed-paths.js";
import type { FileChanges } from "../../authoring/apply-changes.js";
import { readCommitAt, readFirstParents } from "../../authoring/read-commits.js";
import { restoringChanges } from "../../authoring/restore-tree.js";
import { commitsUndone } from "../../authoring/rollback-message.js";
import type { WritableRepository } from "../../authoring/writable-repository.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { AdminServer } from "../admin/admin-client.js";
import { CommandError, type Io } from "../io.js";
import { commitBeforeLastChange, commitNamed, lastLiveCommit } from "./choose-commit.js";

/** What is to be rolled back, and to what. */
export interface RollbackRequest {
  readonly repository: WritableRepository;
  /** Default: the default branch. */
  readonly branch: string | undefined;
  readonly basePath: string;
  /** Default: what the server says, or the commit before the newest that changed the config. */
  readonly to: string | undefined;
  readonly server: AdminServer | undefined;
}

/** What a roll-back comes to. */
export interface RollbackPlan {
  readonly branch: string;
  /** The tip of the branch. */
  readonly head: CommitInfo;
  /** The commit whose config is wanted. */
  readonly target: CommitInfo;
  /** Commits after the target that changed the config, newest first; as far as they were read. */
  readonly undone: readonly CommitInfo[];
  /** Below the folder that holds the config. */
  readonly files: readonly ChangedPath[];
  readonly changes: FileChanges;
}

/** First parents that are looked at. */
const depth = 200;

/** Finds out what to do. Nothing is written. */
export async function planRollback(request: RollbackRequest, io: Io): Promise<RollbackPlan> {
  const { repository, basePath } = request;
  const { signal } = io;
  const { branches, defaultBranch } = await repository.listBranches(signal);
  const branch = request.branch ?? defaultBranch;
  const tip = branches.get(branch ?? "");
  if (branch === undefined || tip === undefined) {
    throw new CommandError(noBranch(branch, [...branches.keys()], repository.label));
  }
  let store = await repository.open(tip, signal, depth);
  const history = readFirstParents(store, tip, basePath, depth);
  const head = history[0]!; // it begins with the tip
  const read = async (oid: string): Promise<CommitInfo> => {
    if (!store.has(oid)) store = await repository.open(oid, signal);
    if (!store.has(oid)) {
      throw new CommandError(
        `commit ${oid} is not in ${repository.label} any more; name another one: --to COMMIT`,
      );
    }
    return readCommitAt(store, oid, basePath);
  };
  const target = await chooseTarget(request, history, head, read, io);
  return {
    branch,
    head,
    target,
    undone: commitsUndone(history, target),
    files: changedPaths(store, head.treeOid, target.treeOid),
    changes: restoringChanges(store, basePath, head.oid, target.oid),
  };
}

function noBranch(branch: string | undefined, names: readonly string[], label: string): string {
  if (names.length === 0) return `there is no commit in ${label} yet, so there is nothing to undo`;
  const known = names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  return branch === undefined
    ? `${label} has no branch checked out (HEAD is detached); say which one is meant: --on BRANCH (${known})`
    : `there is no branch "${branch}" in ${label}; there is ${known}`;
}

async function chooseTarget(
  { to, server }: RollbackRequest,
  history: readonly CommitInfo[],
  head: CommitInfo,
  read: (oid: string) => Promise<CommitInfo>,
  io: Io,
): Promise<CommitInfo> {
  if (to !== undefined) return commitNamed(to, history, read);
  if (server === undefined) return commitBeforeLastChange(history);
  return commitNamed(await lastLiveCommit(server, head, io), history, read);
}
