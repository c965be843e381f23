import type { CommitInfo } from "../../source/source-tree.js";

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
