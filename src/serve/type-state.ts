import { compareText } from "../lib/compare.js";
import type { ResourceSet, XdsResource } from "../snapshot/snapshot.js";
import { versionOf } from "../snapshot/version.js";
import { classifyRequest } from "./classify-request.js";
import type { DeltaRequest, SotwRequest } from "./requests.js";
import { emptySet, type ResourceViews } from "./resource-views.js";
import { isIdle, stepDelta, subscribeSotw, type Subscription } from "./subscription.js";

/**
 * What one stream has asked for, and has been sent, of one type. Everything is decided by what was sent,
 * not by what was acknowledged: a push never waits for an ACK, a version that the client was too slow
 * for is skipped, and a return to an older version reaches everyone who was sent the newer one.
 */
export interface TypeState {
  readonly typeUrl: string;
  subscription: Subscription;
  /** What the client was sent, as far as it still asks for it. On a delta stream also what it brought. */
  sent: ResourceSet;
  /** The first request gets an answer even if there is nothing to put into it. */
  owesAnswer: boolean;
  /** State of the world: the version that the client came with, until it was compared. */
  claimedVersion: string;
  /** It came with resources of an earlier stream. */
  reconnected: boolean;
  /** It rejected a response of an earlier stream: what it says it has is not to be relied on. */
  distrusted: boolean;
  /** Names to send although the client was sent them, or to tell it that they do not exist. */
  readonly due: Set<string>;
  dueAll: boolean;
  /**
   * Names in responses that the client rejected: of each it may have the old version or the new one,
   * since Envoy rejects a response as a whole for some faults. They are sent along with the change of
   * any of them, and cause no response themselves.
   */
  readonly doubted: Set<string>;
  lastNonce: string | undefined;
  /** The client has given back a nonce of this stream. */
  seen: boolean;
}

/** What to send to a client of one type, and what it has afterwards. */
export interface Transition {
  readonly goal: ResourceSet;
  /** State of the world, complete types: the response holds all of `goal`. */
  readonly complete: boolean;
  /** Names that the client did not have in this version, or that it asked for. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Of these, the names whose content may be news to the client. */
  readonly renewed: readonly string[];
  /** Equal keys with equal goals mean equal responses. */
  readonly key: string;
}

/** The state of a type that nothing was asked of yet. */
export function createTypeState(typeUrl: string, views: ResourceViews): TypeState {
  return {
    typeUrl,
    subscription: { wildcard: false, names: views.nameSets.empty, everNamed: false },
    sent: emptySet,
    owesAnswer: false,
    claimedVersion: "",
    reconnected: false,
    distrusted: false,
    due: new Set(),
    dueAll: false,
    doubted: new Set(),
    lastNonce: undefined,
    seen: false,
  };
}

/** Takes a state-of-the-world request. `first`: the first one of its type on the stream. */
export function takeSotwRequest(
  state: TypeState,
  request: SotwRequest,
  first: boolean,
  complete: boolean,
  views: ResourceViews,
): void {
  const { lastNonce, seen } = state;
  const kind = classifyRequest(lastNonce === undefined ? undefined : { lastNonce, seen }, request);
  if (kind === "stale") return;
  if (kind !== "subscribe") state.seen = true;
  const before = first ? undefined : state.subscription;
  const after = subscribeSotw(before, request.names, views.nameSets);
  state.subscription = after;
  if (before === undefined) {
    state.owesAnswer = true;
    state.claimedVersion = request.version;
    state.reconnected = request.version !== "";
    return;
  }
  if (after === before) return;
  state.sent = views.select(state.sent, after);
  if (isIdle(after)) state.due.clear();
  // A complete response without a name is how the client learns that it does not exist.
  if (!complete || before.wildcard) return;
  for (const name of after.names.sorted) if (!before.names.names.has(name)) state.due.add(name);
  if (after.wildcard) state.dueAll = true;
}

/** Takes a delta request. `first`: the first one of its type on the stream. */
export function takeDeltaRequest(
  state: TypeState,
  request: DeltaRequest,
  first: boolean,
  versionSuffix: string,
  views: ResourceViews,
): void {
  const { subscribe, unsubscribe, initialVersions } = request;
  const before = first ? undefined : state.subscription;
  const step = stepDelta(before, subscribe, unsubscribe, views.nameSets);
  state.subscription = step.subscription;
  if (first) {
    const versionOfClaim = (version: string): string =>
      state.distrusted || !version.endsWith(versionSuffix)
        ? ""
        : version.slice(0, version.length - versionSuffix.length);
    const claimed = initialVersions ? claimedSet(initialVersions, versionOfClaim) : emptySet;
    state.sent = views.select(claimed, step.subscription);
    state.reconnected = initialVersions !== undefined;
    state.owesAnswer = step.subscription.wildcard && !state.reconnected;
    for (const name of step.asked) if (!claimed.resources.has(name)) state.due.add(name);
    return;
  }
  if (step.subscription !== before) state.sent = views.select(state.sent, step.subscription);
  for (const name of unsubscribe) state.due.delete(name);
  for (const name of step.asked) state.due.add(name);
  if (step.askedAll) state.dueAll = true;
}

/** What a client says it has: names and versions, no bodies. */
function claimedSet(
  versions: ReadonlyMap<string, string>,
  versionOfClaim: (version: string) => string,
): ResourceSet {
  const resources = new Map<string, XdsResource>();
  for (const name of [...versions.keys()].sort(compareText)) {
    const version = versionOfClaim(versions.get(name) ?? "");
    resources.set(name, { name, version, any: new Uint8Array() });
  }
  return { version: versionOf(resources.values()), resources };
}

/** How what is due to a client is worked out. */
export interface TransitionRules {
  readonly variant: "sotw" | "delta";
  /** Of {@link completeTypes}, for state of the world. */
  readonly complete: boolean;
  /** What is gone must stay for now: others may still refer to it. */
  readonly keepRemoved: boolean;
  /** What the wire adds to a version. */
  readonly versionSuffix: string;
}

/**
 * What is due to a client, given all that is served of the type; undefined: nothing, and the state says
 * so from now on. Else the caller sends it and calls {@link markSent}.
 */
export function transitionOf(
  state: TypeState,
  served: ResourceSet,
  rules: TransitionRules,
  views: ResourceViews,
): Transition | undefined {
  const { subscription, due } = state;
  // Nothing at all for a type that the client dropped: Envoy would not take the nonce.
  if (isIdle(subscription)) return undefined;
  const target = views.select(served, subscription);
  if (state.sent === target && due.size === 0 && !state.dueAll && !state.owesAnswer) {
    return undefined;
  }
  if (rules.variant === "sotw" && state.owesAnswer && !state.distrusted) {
    skipKnown(state, target, rules.versionSuffix);
  }
  const stale = rules.keepRemoved && views.diff(state.sent, target).removed.length > 0;
  const goal = stale ? views.union(state.sent, target) : target;
  const diff = views.diff(state.sent, goal);
  const asked = [...(state.dueAll ? target.resources.keys() : []), ...due];
  const extra = asked.filter((name) => !diff.has(name));
  const removed = rules.variant === "delta" ? diff.removed : [];
  const missing = rules.variant === "delta" ? extra.filter(isMissing) : [];
  const existing = extra.filter((name) => !isMissing(name));
  const wanted =
    state.owesAnswer ||
    state.dueAll ||
    diff.changed.length + removed.length + missing.length + existing.length > 0 ||
    (rules.complete && diff.removed.length + extra.length > 0);
  if (!wanted) {
    settle(state, goal);
    return undefined;
  }
  // A change to what was rejected is the cure: it takes along what was rejected with it.
  const cured = [...state.doubted].some((name) => diff.has(name));
  const doubted = cured ? [...state.doubted].filter((name) => !diff.has(name)) : [];
  existing.push(...doubted.filter((name) => !isMissing(name)));
  if (rules.variant === "delta") missing.push(...doubted.filter(isMissing));
  const plain = existing.length + missing.length === 0;
  return {
    goal,
    complete: rules.complete,
    changed: plain ? diff.changed : distinct(diff.changed, existing),
    removed: plain ? removed : distinct(removed, missing),
    renewed: doubted.length === 0 ? diff.changed : distinct(diff.changed, doubted),
    key: plain ? diff.key : JSON.stringify([diff.key, existing, missing]),
  };

  function isMissing(name: string): boolean {
    return !target.resources.has(name);
  }
}

function distinct(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])];
}

/** A reconnected wildcard client that has the served version is not sent it again. */
function skipKnown(state: TypeState, target: ResourceSet, versionSuffix: string): void {
  const { wildcard, names } = state.subscription;
  if (!wildcard || names.names.size > 0) return;
  if (state.claimedVersion !== target.version + versionSuffix) return;
  state.sent = target;
  state.owesAnswer = false;
}

/** The transition was sent: the client has its goal. */
export function markSent(state: TypeState, { goal, changed, removed }: Transition): void {
  settle(state, goal);
  if (state.doubted.size === 0) return;
  for (const name of [...changed, ...removed]) state.doubted.delete(name);
}

/** Nothing is due to a client that has `goal`. */
function settle(state: TypeState, goal: ResourceSet): void {
  state.sent = goal;
  state.owesAnswer = false;
  state.dueAll = false;
  state.due.clear();
}
