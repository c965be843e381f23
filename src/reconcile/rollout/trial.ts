import { dropOldest } from "../../lib/drop-oldest.js";
import type { Exchange, ServeEvent } from "../../serve/serve-events.js";
import type { Durations, Refusal } from "../commits/commit-record.js";
import { hasVersion, type Release } from "../releases/release.js";

/** A release before Envoys, until they have taken or refused it: who said what. Decides nothing. */
export interface Trial {
  /** The same config may be served with other endpoints meanwhile. */
  release: Release;
  /** When the first Envoy was sent it: at once, if one was there. */
  readonly firstSentAtMs: number | undefined;
  /** What is to be said of it when it is live. */
  readonly remark: string | undefined;
  /** The commit counts as live, but nobody has proven it yet. */
  isLive: boolean;
  /** It has been accepted or refused; nothing that is said about it changes that. */
  isDecided: boolean;
  readonly firstAckAtMs: number | undefined;
  readonly lastAckAtMs: number | undefined;
  /** Whether an exchange is about something of this release, also if it came with an earlier one. */
  isAbout(exchange: Exchange): boolean;
  take(event: ServeEvent, atMs: number): void;
  /** An Envoy whose word counts refuses it. */
  refuse(nack: Nack, atMs: number): void;
  readonly refusals: readonly Refusal[];
  /** By {@link answerKey}: who refuses it. */
  readonly against: ReadonlyMap<string, Nack>;
  /** Nodes that were sent it and went away without an answer. */
  readonly lost: ReadonlySet<string>;
  /** Somebody was sent it and has neither answered nor gone. */
  isWaiting(): boolean;
}

export type Nack = Extract<ServeEvent, { kind: "nack" }>;

/** Refusals kept of one commit. */
export const maxRefusals = 20;
/** Forms of one release whose answers are still told from others. */
const maxIds = 100;

/** One type on one stream. */
export function answerKey({ envoy, typeUrl }: Exchange): string {
  return `${envoy.stream} ${typeUrl}`;
}

export interface TrialOptions {
  readonly remark?: string | undefined;
  /** It was live before. Default: false. */
  readonly isLive?: boolean;
}

/** Starts before the release is published, so that nothing that is said about it is missed. */
export function createTrial(release: Release, options: TrialOptions = {}): Trial {
  const { remark, isLive = false } = options;
  const ids = new Set<string>();
  const unanswered = new Map<string, Exchange>();
  const against = new Map<string, Nack>();
  const refusals: Refusal[] = [];
  const lost = new Set<string>();
  let current = release;
  let firstSentAtMs: number | undefined;
  let firstAckAtMs: number | undefined;
  let lastAckAtMs: number | undefined;
  ids.add(release.snapshot.id);

  return {
    get release() {
      return current;
    },
    set release(next) {
      current = next;
      ids.add(next.snapshot.id);
      dropOldest(ids, maxIds);
    },
    get firstSentAtMs() {
      return firstSentAtMs;
    },
    remark,
    isLive,
    isDecided: false,
    get firstAckAtMs() {
      return firstAckAtMs;
    },
    get lastAckAtMs() {
      return lastAckAtMs;
    },
    isAbout: (exchange) => ids.has(exchange.snapshotId) || hasVersion(current, exchange),
    take(event, atMs) {
      if (event.kind === "connected") return;
      if (event.kind === "disconnected") {
        const { stream, nodeId } = event.envoy;
        for (const [key, { envoy }] of unanswered) {
          if (envoy.stream !== stream) continue;
          unanswered.delete(key);
          lost.add(nodeId);
        }
        return;
      }
      const key = answerKey(event);
      if (event.kind === "sent") {
        if (!ids.has(event.snapshotId)) return;
        unanswered.set(key, event);
        firstSentAtMs ??= atMs;
        return;
      }
      unanswered.delete(key);
      lost.delete(event.envoy.nodeId);
      if (event.kind === "nack" || !ids.has(event.snapshotId)) return;
      against.delete(key);
      firstAckAtMs ??= atMs;
      lastAckAtMs = atMs;
    },
    refuse(nack, atMs) {
      against.set(answerKey(nack), nack);
      if (refusals.length < maxRefusals) refusals.push(refusalOf(nack, atMs));
    },
    refusals,
    against,
    lost,
    isWaiting: () => unanswered.size > 0,
  };
}

/** A NACK as it is recorded. */
export function refusalOf({ envoy, typeUrl, message }: Nack, atMs: number): Refusal {
  return { nodeId: envoy.nodeId, role: envoy.role ?? "", typeUrl, message, atMs };
}

/** What its Envoys took, from the first time that one was sent it. */
export function ackDurations({ firstSentAtMs, firstAckAtMs, lastAckAtMs }: Trial): Durations {
  if (firstSentAtMs === undefined || firstAckAtMs === undefined) return {};
  return {
    firstAck: firstAckAtMs - firstSentAtMs,
    allAcks: (lastAckAtMs ?? firstAckAtMs) - firstSentAtMs,
  };
}

/** With a policy that can overrule Envoys: that it did. */
export function minorityOf({ against }: Trial): string | undefined {
  const nodes = [...new Set([...against.values()].map(({ envoy }) => envoy.nodeId))];
  if (nodes.length === 0) return undefined;
  return nodes.length === 1
    ? `Envoy "${nodes[0]}" refuses it and is outvoted`
    : `${nodes.length} Envoys refuse it and are outvoted`;
}
