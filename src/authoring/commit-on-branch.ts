import { parseWantedRef, refNotFound } from "../source/refs.js";
import { AuthoringError } from "./authoring-error.js";
import {
  commitOnRef,
  type CommitMaker,
  type CommitPlace,
  type MakePlan,
  type RefCommit,
} from "./commit-on-ref.js";

/** Where a commit goes, and who makes it. */
export interface CommitTarget extends CommitMaker {
  /** Without `refs/heads/`. Default: the default branch. */
  readonly branch?: string | undefined;
  /** Where a branch that does not exist begins: a branch or a commit. Default: the default branch. */
  readonly from?: string | undefined;
}

/** What became of a change of a branch. */
export interface CommitResult extends Omit<RefCommit, "ref"> {
  readonly branch: string;
}

const prefix = "refs/heads/";

/**
 * Makes one commit and puts it on a branch, never by force. `plan` is asked anew, with the new tip, each
 * time the branch has moved; what it throws ends it.
 */
export async function commitOnBranch(
  target: CommitTarget,
  plan: MakePlan,
  signal: AbortSignal,
): Promise<CommitResult> {
  const find = (limited: AbortSignal): Promise<CommitPlace> => findStart(target, limited);
  const { ref, ...result } = await commitOnRef(target, find, plan, signal);
  return { branch: ref.slice(prefix.length), ...result };
}

/** The branch, its tip, and the commit that the new one is made on. */
async function findStart(
  { repository, branch, from }: CommitTarget,
  signal: AbortSignal,
): Promise<CommitPlace> {
  const { branches, defaultBranch } = await repository.listBranches(signal);
  const name = branch ?? defaultBranch;
  if (name === undefined) {
    throw new AuthoringError(
      "authoring/bad-commit",
      "the repository has no default branch; name one",
    );
  }
  const ref = prefix + name;
  parseWantedRef(ref);
  const before = branches.get(name);
  if (before !== undefined) return { ref, before, start: before };
  if (from !== undefined && /^[0-9a-f]{40}$/.test(from)) return { ref, before, start: from };
  const start = branches.get(from ?? defaultBranch ?? name);
  if (start === undefined && branches.size > 0) {
    const known = [...branches].map(([known, oid]) => ({ ref: prefix + known, oid }));
    throw refNotFound(parseWantedRef(from ?? defaultBranch ?? name), known);
  }
  return { ref, before, start };
}
