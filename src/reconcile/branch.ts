import type { GitRepository } from "../source/git-repository.js";
import type { CommitInfo } from "../source/source-tree.js";
import type { Stopwatch } from "./turn/stopwatch.js";

/** The branch that is watched, as far as it is known. */
export interface Branch {
  /**
   * Looks at the remote and brings what is new. Gives the commits that were not known, newest first;
   * rejects with what is in the way.
   */
  look(watch: Stopwatch, signal: AbortSignal): Promise<readonly CommitInfo[]>;
  /** What the ref named at the last look that worked. */
  readonly head: string | undefined;
  /** First parents from the head down to the last proven commit, newest first; at most 200. */
  readonly chain: readonly CommitInfo[];
  /** The history was rewritten since a commit of it last proved itself. */
  readonly isRewritten: boolean;
  /** A commit has proven itself: what came before it is of no interest. */
  settle(oid: string): void;
  /** What a person should know about the history, one sentence each. */
  readonly remarks: readonly string[];
}

const maxChain = 200;

/** `since` is the commit that is served, if one is. */
export function createBranch(repository: GitRepository, since: string | undefined): Branch {
  let known = since;
  let head: string | undefined;
  let chain: readonly CommitInfo[] = [];
  let remarks: readonly string[] = [];
  let isRewritten = false;

  const bring = async (
    next: string,
    watch: Stopwatch,
    signal: AbortSignal,
  ): Promise<readonly CommitInfo[]> => {
    const fetched = await watch.time("fetch", () => repository.fetch(next, known, signal));
    const before = fetched.rewritten ? [] : chain;
    const all = [...fetched.commits, ...before];
    // After a reset to an older commit, or a restart, the head is one that was judged already.
    const isThere = all[0]?.oid === next;
    const tip = isThere ? [] : [(await repository.tree(next, signal)).commit];
    const rest = isThere ? all : all.filter(({ oid }) => oid !== next);
    chain = [...tip, ...(isThere || !fetched.rewritten ? rest : [])].slice(0, maxChain);
    remarks = remarksOf(fetched, known);
    if (fetched.rewritten && known !== undefined) isRewritten = true;
    known = next;
    return [...tip, ...fetched.commits];
  };

  return {
    async look(watch, signal) {
      const next = await watch.time("lsRefs", () => repository.head(signal));
      const fresh = next === head ? [] : await bring(next, watch, signal);
      head = next;
      return fresh;
    },
    get head() {
      return head;
    },
    get chain() {
      return chain;
    },
    get isRewritten() {
      return isRewritten;
    },
    settle(oid) {
      const index = chain.findIndex((commit) => commit.oid === oid);
      if (index < 0) return;
      chain = chain.slice(0, index + 1);
      isRewritten = false;
    },
    get remarks() {
      return remarks;
    },
  };
}

function remarksOf(
  { rewritten, truncated, commits }: Awaited<ReturnType<GitRepository["fetch"]>>,
  since: string | undefined,
): readonly string[] {
  const remarks: string[] = [];
  if (rewritten && since !== undefined) {
    remarks.push(
      `the history was rewritten: commit ${since.slice(0, 8)} is not in it any more (force push)`,
    );
  }
  if (truncated) {
    remarks.push(
      `more commits came at once than are judged: only the newest ${commits.length} are`,
    );
  }
  return remarks;
}
