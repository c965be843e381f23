import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { Hold } from "../guards/hold.js";
import type { CommitChanges } from "./count-changes.js";

/**
 * Where a commit stands. `seen → validating → rejected | accepted → publishing → live | refused`;
 * a newer commit makes an accepted, publishing or live one `superseded`.
 */
export const commitStates = [
  "seen",
  "validating",
  "rejected",
  "accepted",
  "publishing",
  "live",
  "refused",
  "superseded",
] as const;
export type CommitState = (typeof commitStates)[number];

/** The stages of a reconcile whose time is taken, in their order. */
export const stages = [
  "lsRefs",
  "fetch",
  "tree",
  "build",
  "judge",
  "persist",
  "publish",
  "firstAck",
  "allAcks",
] as const;
export type Stage = (typeof stages)[number];

/** Milliseconds by stage; a stage that was not needed is absent. */
export type Durations = Readonly<Partial<Record<Stage, number>>>;

/** An Envoy said no to a commit. */
export interface Refusal {
  /** Id of the Envoy's node; `envoy --mode validate` for the judge before publishing. */
  readonly nodeId: string;
  readonly role: string;
  /** Empty for the judge, which takes the whole. */
  readonly typeUrl: string;
  /** In Envoy's own words. */
  readonly message: string;
  readonly atMs: number;
}

/** The Envoys of one role that have taken a commit. */
export interface RoleAcknowledgements {
  readonly count: number;
  /** Node ids of the first of them. */
  readonly nodes: readonly string[];
}

/** All that is known of one commit. Immutable: a change makes a new one. */
export interface CommitRecord {
  readonly commit: CommitInfo;
  readonly state: CommitState;
  /** Milliseconds since 1970 at which it came to this state. */
  readonly sinceMs: number;
  readonly seenAtMs: number;
  /** When Envoys were first sent it. */
  readonly publishedAtMs?: number;
  /** When it went live. */
  readonly liveAtMs?: number;
  /** In the order of files; at most 200 are kept. */
  readonly diagnostics: readonly Diagnostic[];
  /** How many there were. */
  readonly errorCount: number;
  readonly warningCount: number;
  readonly refusals: readonly Refusal[];
  /** `Snapshot.id` of what it means. */
  readonly snapshotId?: string;
  /** Why it is where it is, where the state alone does not say: one sentence. */
  readonly reason?: string;
  /** What was wrong with the commit itself, such as `signature/missing`. Goes with `reason`. */
  readonly code?: string;
  /** With state `accepted`: what keeps it from going live. `reason` says it too. */
  readonly hold?: Hold;
  /** Of a commit that was found good: what it changes. */
  readonly changes?: CommitChanges;
  /** By role: the Envoys that took it, as far as any had to. */
  readonly acknowledgements?: Readonly<Record<string, RoleAcknowledgements>>;
  readonly durations: Durations;
}

/** Milliseconds from the first look at the remote until Envoys were sent it. */
export function reconcileMs(durations: Durations): number {
  const { firstAck: _first, allAcks: _all, ...own } = durations;
  return Object.values(own).reduce((sum, ms) => sum + ms, 0);
}
