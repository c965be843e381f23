import { SourceError } from "../../source/source-error.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { Branch } from "../branch.js";
import type { Rollout } from "../rollout/rollout.js";
import type { CheckCommits, CommitPolicy, DistrustedCommit } from "./check-commits.js";

/** What a turn knows of the commits that wait. */
export interface Trust {
  readonly distrusted: ReadonlyMap<string, DistrustedCommit>;
  /** Why it cannot be told; undefined: it could. */
  readonly failure: string | undefined;
}

/** Nobody checks commits, or there are none to check. */
export const noDistrust: Trust = { distrusted: new Map(), failure: undefined };

/** What it is found out with. */
export interface TrustDesk {
  readonly branch: Pick<Branch, "chain">;
  readonly rollout: Pick<Rollout, "serving" | "proven">;
  readonly checkCommits: CheckCommits | undefined;
  readonly commitPolicy: CommitPolicy;
}

/** Asks the checker about the commits that came after what is served. */
export async function trustOf(desk: TrustDesk, signal: AbortSignal): Promise<Trust> {
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
