import type { CommitRecord } from "../../src/reconcile/commits/commit-record.js";
import type { Command, CommandRefusal } from "../../src/reconcile/orders/give-orders.js";
import type { Order } from "../../src/reconcile/orders/orders.js";
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
  /** Commands so far, and who gave them. */
  readonly commands: readonly { readonly command: Command; readonly order: Order }[];
  /** What commands are answered with; undefined: they are carried out. */
  refusal: CommandRefusal | Error | undefined;
  set(state: {
    readonly commits?: readonly CommitRecord[];
    readonly serving?: Serving;
    readonly status?: Partial<ReconcilerStatus>;
  }): void;
  /** A turn ends. */
  end(report: Partial<TurnReport>): void;
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
    orders: { pin: undefined, suspension: undefined },
    problems: [],
  };
  const commands: { command: Command; order: Order }[] = [];
  const turns: TurnReport[] = [];
  const made: MadeReconciler = {
    wakes,
    commands,
    refusal: undefined,
    start: () => Promise.resolve(),
    wake(reason, options = {}) {
      wakes.push({ reason, options });
      return turns.length + 1;
    },
    turn: (number) => turns[number - 1],
    command(command, order) {
      if (made.refusal instanceof Error) return Promise.reject(made.refusal);
      if (made.refusal !== undefined) return Promise.resolve(made.refusal);
      commands.push({ command, order });
      return Promise.resolve({ turn: turns.length + 1 });
    },
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
    end(report) {
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
      turns.push(turn);
      for (const listener of listeners) listener(turn);
    },
  };
  return made;
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
