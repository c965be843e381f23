import type { MergedCommits } from "./merged-commits.js";
import type { CommitInfo, SourceTree } from "./source-tree.js";

/**
 * The Git repository that is watched. One owner calls it, one call at a time; every call may throw a
 * `SourceError`. What it returned stays valid after later calls.
 */
export interface GitRepository {
  /** The oid that the configured branch, tag or commit names now. One request where nothing changed. */
  head(signal: AbortSignal): Promise<string>;
  /**
   * Brings commit `head` and its first-parent history back to `since` here.
   * `since` undefined: only `head` itself.
   */
  fetch(head: string, since: string | undefined, signal: AbortSignal): Promise<FetchedHistory>;
  /** The files of a commit that `fetch` brought (also in an earlier process: the mirror is on disk). */
  tree(commit: string, signal: AbortSignal): Promise<SourceTree>;
  /** A commit object as Git stores it, for its signature. Of those that `fetch` brought. */
  rawCommit(commit: string, signal: AbortSignal): Promise<Buffer>;
  /** What a commit that `fetch` brought has merged, besides the history of its first parent. */
  mergedCommits(commit: string, signal: AbortSignal): Promise<MergedCommits>;
  close(): Promise<void>;
}

/** The commits that a fetch found new. */
export interface FetchedHistory {
  /** Newest first: `head`, its first parent, … down to, and without, `since`. At most 100. */
  readonly commits: readonly CommitInfo[];
  /** More commits than the cap lay between `since` and `head`; the oldest were left out. */
  readonly truncated: boolean;
  /** `since` is not an ancestor of `head`: the branch was force-pushed or history was rewritten. */
  readonly rewritten: boolean;
}
