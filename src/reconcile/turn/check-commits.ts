import { SourceError } from "../../source/source-error.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { Desk } from "./desk.js";

/**
 * Says which commits nobody may trust, such as those without a good signature. Called in a turn of the
 * loop with the commits that came after what is served, newest first, and never with none; a commit
 * that stays refused is asked about again in every turn, so that a key that is added later lets it in
 * without anybody's doing. Whatever is costly is for the checker to remember.
 *
 * A commit that it refuses is `rejected` with this code and reason, and never built: nothing that a
 * person says later (`force`, `approve`) overrules it. A rejected promise means that it cannot tell:
 * nothing new goes live then, and the loop tries again with growing waits. A `SourceError` counts as
 * trouble with the repository.
 */
export type CheckCommits = (
  commits: readonly CommitInfo[],
  signal: AbortSignal,
) => Promise<readonly DistrustedCommit[]>;

/** A commit that may not go live whatever its config is. */
export interface DistrustedCommit {
  readonly oid: string;
  /** Such as `signature/missing`: for programs. */
  readonly code: string;
  /** One sentence, for people. */
  readonly reason: string;
}

/**
 * What a refused commit means for those after it. `head`: nothing, each commit answers for itself.
 * `every`: they are refused as well, since what it did is still in them.
 */
export type CommitPolicy = "head" | "every";

/** What a turn knows of the commits that wait. */
export interface Trust {
  readonly distrusted: ReadonlyMap<string, DistrustedCommit>;
  /** Why it cannot be told; undefined: it could. */
  readonly failure: string | undefined;
}

/** Nobody checks commits, or there are none to check. */
export const noDistrust: Trust = { distrusted: new Map(), failure: undefined };

/** Asks the checker about the commits that came after what is served. */
export async function trustOf(
  desk: Pick<Desk, "branch" | "rollout" | "checkCommits" | "commitPolicy">,
  signal: AbortSignal,
): Promise<Trust> {
  const { branch, rollout, checkCommits, commitPolicy } = desk;
  if (checkCommits === undefined) return noDistrust;
  const known = [rollout.serving, rollout.proven].map((release) => release?.commit.oid);
  const end = branch.chain.findIndex(({ oid }) => known.includes(oid));
  const commits = end < 0 ? branch.chain : branch.chain.slice(0, end);
  if (commits.length === 0) return noDistrust;
  try {
    const refused = await checkCommits(commits, signal);
    return { distrusted: spread(commits, refused, commitPolicy), failure: undefined };
  } catch (cause) {
    if (cause instanceof SourceError || signal.aborted) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    return { distrusted: new Map(), failure: why };
  }
}

function spread(
  commits: readonly CommitInfo[],
  refused: readonly DistrustedCommit[],
  policy: CommitPolicy,
): ReadonlyMap<string, DistrustedCommit> {
  const byOid = new Map(refused.map((one) => [one.oid, one]));
  if (policy === "head") return byOid;
  let first: DistrustedCommit | undefined;
  for (const { oid } of [...commits].reverse()) {
    const own = byOid.get(oid);
    if (first === undefined) first = own;
    else if (own === undefined) {
      const reason = `commit ${first.oid.slice(0, 8)} before it is refused: ${first.reason}`;
      byOid.set(oid, { oid, code: first.code, reason });
    }
  }
  return byOid;
}
