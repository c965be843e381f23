import type { CommitRecord } from "../reconcile/commits/commit-record.js";

/** Somebody who is told what becomes of commits. */
export interface Receiver {
  /** For status, metrics and the file of what was told: `github`, `webhook`, `notes`. */
  readonly name: string;
  /**
   * What it is to be told of a commit, in a word: the same for every attempt to tell it, and for nothing
   * else. Undefined: nothing.
   */
  idOf(record: CommitRecord): string | undefined;
  /** Commits that it is told of at once. */
  readonly maxAtOnce: number;
  /** Milliseconds that it waits for more before it is told, and so what lies between two times at least. */
  readonly pauseMs: number;
  /** Tells it, once. What it throws is tried again. */
  tell(records: readonly CommitRecord[], signal: AbortSignal): Promise<Telling>;
}

/** What came of telling. `problem`: one sentence for people, without secrets. */
export type Telling =
  | { readonly kind: "told" }
  /** It may go better later: after `afterMs` milliseconds at least. */
  | { readonly kind: "again"; readonly problem: string | undefined; readonly afterMs?: number }
  /** No later attempt would go better. */
  | { readonly kind: "given-up"; readonly problem: string };
