import type { Clock } from "../../lib/clock.js";
import type { SourceError } from "../../source/source-error.js";
import type { Branch } from "../branch.js";
import type { History } from "../commits/history.js";
import type { Ledger } from "../commits/ledger.js";
import type { Guard } from "../guards/guard.js";
import type { Orders } from "../orders/orders.js";
import type { Problems } from "../problems.js";
import type { TurnResult, WakeReason } from "../reconciler.js";
import type { Rollout } from "../rollout/rollout.js";
import type { SourceHealth } from "../source-health.js";
import type { CheckCommits, CommitPolicy } from "./check-commits.js";
import type { Judge } from "./judge.js";
import type { Stopwatch } from "./stopwatch.js";
import type { Trust } from "./trust.js";
import type { Inputs, Verdicts } from "./verdicts.js";

/** What every turn of the loop works with. */
export interface Desk {
  readonly branch: Branch;
  readonly source: SourceHealth;
  readonly verdicts: Verdicts;
  readonly rollout: Rollout;
  readonly history: History;
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly clock: Clock;
  /** What builds take besides a tree, as it is now. */
  readonly inputs: () => Inputs;
  /** The last judge before Envoys, such as an Envoy that only validates; undefined: there is none. */
  readonly judge: Judge | undefined;
  /** Says which commits nobody may trust; undefined: all are trusted. */
  readonly checkCommits: CheckCommits | undefined;
  readonly commitPolicy: CommitPolicy;
  /** Ids of the snapshots that the judge has taken. */
  readonly judged: Set<string>;
  /** What people have said. */
  readonly orders: Orders;
  /** What keeps good commits back, in the order in which it is asked. */
  readonly guards: readonly Guard[];
  /** By oid: the circumstances under which a commit was held, for as long as they stay. */
  readonly heldUnder: Map<string, string>;
  /** Releases that Envoys refused since they last took one. */
  refusedInRow: number;
}

/** Why a turn is made, and what it is to do. */
export interface TurnRequest {
  readonly reason: WakeReason;
  /** Ask the remote first. */
  readonly looks: boolean;
  /** Try the newest commit again whatever became of it, and publish even what cannot be saved. */
  readonly force: boolean;
}

/** One turn: what it was given, and what it has come to know. */
export interface Job {
  readonly desk: Desk;
  readonly request: TurnRequest;
  readonly signal: AbortSignal;
  readonly inputs: Inputs;
  readonly watch: Stopwatch;
  readonly atMs: number;
  /** Whom the commits that wait come from. */
  trust: Trust;
  /** Commits judged. */
  judged: number;
  /** The newest commit that this turn found to be none for Envoys. */
  found: { readonly result: TurnResult; readonly commit: string } | undefined;
  /** The repository could not be read, or not all of it. */
  failure: SourceError | undefined;
}
