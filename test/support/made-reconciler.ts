import type { CommitRecord } from "../../src/reconcile/commit-record.js";
import type {
  Reconciler,
  ReconcilerStatus,
  Serving,
  TurnReport,
  WakeReason,
} from "../../src/reconcile/reconciler.js";

/** A reconciler that does what a test tells it to, and keeps what it was asked for. */
export interface MadeReconciler extends Reconciler {
  readonly wakes: readonly { readonly reason: WakeReason; readonly options: object }[];
  set(state: {
    readonly commits?: readonly CommitRecord[];
    readonly serving?: Serving;
    readonly status?: Partial<ReconcilerStatus>;
  }): void;
  /** A turn ends. */
  turn(report: Partial<TurnReport>): void;
}

export const madeStartMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Starts with nothing to serve. */
export function madeReconciler(): MadeReconciler {
  const wakes: { reason: WakeReason; options: object }[] = [];
  const listeners = new Set<(turn: TurnReport) => void>();
  let commits: readonly CommitRecord[] = [];
  let serving: Serving | undefined;
  let status: ReconcilerStatus = {
    state: "idle",
    startedAtMs: madeStartMs,
    turns: 0,
    lastTurn: undefined,
    nextTurnAtMs: undefined,
    source: { head: undefined, lastOkAtMs: undefined, error: undefined },
    problems: [],
  };
  return {
    wakes,
    start: () => Promise.resolve(),
    wake: (reason, options = {}) => void wakes.push({ reason, options }),
    status: () => status,
    commits: () => commits,
    serving: () => serving,
    onTurn(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => Promise.resolve(),
    set(next) {
      commits = next.commits ?? commits;
      serving = next.serving ?? serving;
      status = { ...status, ...next.status };
    },
    turn(report) {
      const turn: TurnReport = {
        result: "unchanged",
        reason: "schedule",
        atMs: madeStartMs,
        commit: undefined,
        judged: 0,
        durations: {},
        error: undefined,
        ...report,
      };
      for (const listener of listeners) listener(turn);
    },
  };
}

/** A commit's record, live and without complaints, but for `changes`. */
export function madeRecord(oid: string, changes: Partial<CommitRecord> = {}): CommitRecord {
  const ada = { name: "Ada", email: "ada@example.com", timestampS: madeStartMs / 1000 - 60 };
  return {
    commit: {
      oid,
      treeOid: "7".repeat(40),
      parent: "9".repeat(40),
      author: ada,
      committer: ada,
      message: "Lead /pets to the next version\n\nAnd why.\n",
    },
    state: "live",
    sinceMs: madeStartMs + 3_000,
    seenAtMs: madeStartMs + 1_000,
    publishedAtMs: madeStartMs + 2_000,
    liveAtMs: madeStartMs + 3_000,
    diagnostics: [],
    errorCount: 0,
    warningCount: 0,
    refusals: [],
    snapshotId: "5".repeat(20),
    durations: { lsRefs: 4, build: 12, publish: 1, firstAck: 20, allAcks: 40 },
    ...changes,
  };
}
