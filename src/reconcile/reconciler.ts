import type { Build } from "../pipeline.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import type { CommitRecord, Durations } from "./commits/commit-record.js";
import type { Command, CommandRefusal } from "./orders/give-orders.js";
import type { Order, Pin } from "./orders/orders.js";

/** The reconcile loop, as the rest of the process sees it. */
export interface Reconciler {
  /**
   * Serves what the state directory holds, if anything, and then turns until it is closed. Resolves as
   * soon as what was on disk is served, before the remote is asked for the first time.
   */
  start(): Promise<void>;
  /**
   * Asks for a turn soon: at once, or right after the one under way. `force` judges the newest commit
   * again even if it was rejected or refused before, and publishes it although a guard holds it. `expect` is a commit that a webhook named: while
   * the remote does not show it yet, the loop looks again a few times. Gives the number of the turn
   * that answers it.
   */
  wake(
    reason: WakeReason,
    options?: { readonly force?: boolean; readonly expect?: string },
  ): number;
  /** What a turn came to, by its number; undefined: it is not over, or too long ago. */
  turn(number: number): TurnReport | undefined;
  /**
   * Carries out what a person wants from now on, or says why not. Resolves when it is on disk, with
   * the number of the turn that heeds it; rejects with a `StateError` if it cannot be written.
   */
  command(command: Command, order: Order): Promise<CommandRefusal | { readonly turn: number }>;
  status(): ReconcilerStatus;
  /** Known commits, newest first. */
  commits(): readonly CommitRecord[];
  /** What Envoys are served now. */
  serving(): Serving | undefined;
  /** Calls `listener` after every turn; what it gives stops that. */
  onTurn(listener: (turn: TurnReport) => void): () => void;
  close(): Promise<void>;
}

export type WakeReason =
  | "start"
  | "schedule"
  | "webhook"
  | "request"
  | "secrets"
  | "endpoints"
  | "retry"
  | "veto"
  /** A person has given an order, or something else has changed that commits wait for. */
  | "order"
  /** A change window has opened. */
  | "window";

/** What Envoys are served, and where it came from. */
export interface Serving {
  readonly snapshot: Snapshot;
  readonly commit: CommitRecord;
  /** It came from the state directory, and the remote has not been reached since. */
  readonly restored: boolean;
  /** What it was built from and through; absent: it came from the state directory. */
  readonly build?: Build;
}

export interface ReconcilerStatus {
  readonly state: "idle" | "working" | "backing-off" | "stopped";
  readonly startedAtMs: number;
  readonly turns: number;
  readonly lastTurn: TurnReport | undefined;
  /** When the next turn is planned; undefined: only when woken. */
  readonly nextTurnAtMs: number | undefined;
  readonly source: {
    /** What the ref named at the last look that worked. */
    readonly head: string | undefined;
    readonly lastOkAtMs: number | undefined;
    readonly error: SourceTrouble | undefined;
  };
  /** What people have told it to keep to. */
  readonly orders: { readonly pin: Pin | undefined; readonly suspension: Order | undefined };
  /** What else needs a look, one sentence each: state on disk, secrets, rewritten history. */
  readonly problems: readonly string[];
}

/** The remote cannot be used at the moment. */
export interface SourceTrouble {
  /** Such as `source/unreachable`. */
  readonly code: string;
  readonly message: string;
  readonly sinceMs: number;
  /** Failed attempts in a row. */
  readonly attempts: number;
}

export const turnResults = [
  "unchanged",
  "published",
  "rejected",
  "refused",
  "failed",
  "held",
] as const;
/** `held`: a good commit has to wait: a guard or a person holds it, or it could not be saved. */
export type TurnResult = (typeof turnResults)[number];

/** One turn of the loop. */
export interface TurnReport {
  readonly result: TurnResult;
  readonly reason: WakeReason;
  readonly atMs: number;
  /** The commit that the turn ended with: published, or the newest that was judged. */
  readonly commit: string | undefined;
  /** Commits judged in this turn. */
  readonly judged: number;
  readonly durations: Durations;
  /** With `failed`: why. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}
