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
  /** Names to send although the client was sent them, or to tell it that they do not exist. */
  readonly due: Set<string>;
  dueAll: boolean;
  /**
   * Names in responses that the client rejected, on this stream or on the one before: of each it may
   * have the old version or the new one, since Envoy rejects a response as a whole for some faults.
   * They are sent along with the change of any of them, and cause no response themselves.
   */
  readonly doubted: Set<string>;
  lastNonce: string | undefined;
  /** The client has given back a nonce of this stream. */
  seen: boolean;
}

/** What to send to a client of one type, and what it has afterwards. */
export interface Transition {
  readonly goal: ResourceSet;
  /** Of the set that `goal` is the part of that the client asks for. */
  readonly version: string;
  /** State of the world, complete types: the response holds all of `goal`. */
  readonly complete: boolean;
  /** Names that the client did not have in this version, or that it asked for. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Of these, the names whose content may be news to the client. */
  readonly renewed: readonly string[];
  /** Equal keys with the same goal mean equal responses. */
  readonly key: string;
}

/** The state of a type that nothing was asked of yet. */
export function createTypeState(
  typeUrl: string,
  doubted: ReadonlySet<string>,
  views: ResourceViews,
): TypeState {
  return {
    typeUrl,
    subscription: { wildcard: false, names: views.nameSets.empty, everNamed: false },
    sent: emptySet,
    owesAnswer: false,
    claimedVersion: "",
    reconnected: false,
    due: new Set(),
    dueAll: false,
    doubted: new Set(doubted),
    lastNonce: undefined,
    seen: false,
  };
}

/** What the taking of requests depends on besides the request. */
export interface RequestRules {
  /** It is the first one of its type on the stream. */
  readonly first: boolean;
  /** Of {@link completeTypes}. */
  readonly complete: boolean;
  /** What the wire adds to a version. */
  readonly versionSuffix: string;
}

/** Takes a state-of-the-world request. */
export function takeSotwRequest(
  state: TypeState,
  request: SotwRequest,
  { first, complete, versionSuffix }: RequestRules,
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
    state.reconnected = request.version !== "";
    if (state.doubted.size === 0) state.claimedVersion = plainVersion(request, versionSuffix);
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

/** Takes a delta request. */
export function takeDeltaRequest(
  state: TypeState,
  request: DeltaRequest,
  { first, versionSuffix }: RequestRules,
  views: ResourceViews,
): void {
  const { subscribe, unsubscribe, initialVersions } = request;
  const before = first ? undefined : state.subscription;
  const step = stepDelta(before, subscribe, unsubscribe, views.nameSets);
  state.subscription = step.subscription;
  if (first) {
    const claimed = claimedSet(initialVersions, versionSuffix, state.doubted);
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

/** A version that a client brings, as resources have it; empty if it is of another form. */
function plainVersion({ version }: { readonly version: string }, suffix: string): string {
  return version.endsWith(suffix) ? version.slice(0, version.length - suffix.length) : "";
}

/** What a client says it has: names and versions, no bodies. */
function claimedSet(
  versions: ReadonlyMap<string, string> | undefined,
  versionSuffix: string,
  doubted: ReadonlySet<string>,
): ResourceSet {
  if (versions === undefined) return emptySet;
  const resources = new Map<string, XdsResource>();
  for (const name of [...versions.keys()].sort(compareText)) {
    const version = plainVersion({ version: versions.get(name) ?? "" }, versionSuffix);
    resources.set(name, {
      name,
      version: doubted.has(name) ? "" : version,
      any: new Uint8Array(),
    });
  }
  return { version: versionOf(resources.values()), resources };
}

/** How what is due to a client is worked out. */
export interface TransitionRules {
  readonly variant: "sotw" | "delta";
  /** Of {@link completeTypes}, for state of the world. */
  readonly complete: boolean;
  /** Of names that are gone, those that must stay for now since others may still refer to them. */
  readonly keptOf: (gone: readonly string[]) => readonly string[];
}

/** Whether something of the type is left to send, or may be. */
export function hasChange(state: TypeState, served: ResourceSet, views: ResourceViews): boolean {
  const { subscription, sent } = state;
  // Nothing at all for a type that the client dropped: Envoy would not take the nonce.
  if (isIdle(subscription)) return false;
  if (state.due.size > 0 || state.dueAll || state.owesAnswer) return true;
  const target = views.select(served, subscription);
  return sent !== target && sent.version !== target.version;
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
  const target = views.select(served, state.subscription);
  if (!hasChange(state, served, views)) {
    state.sent = target; // equal, but an older object may hold on to an older snapshot
    return undefined;
  }
  const { due, doubted } = state;
  const isDelta = rules.variant === "delta";
  if (!isDelta && state.owesAnswer) skipKnown(state, target);
  const gone = views.diff(state.sent, target).removed;
  const kept = views.nameSets.of(gone.length === 0 ? gone : rules.keptOf(gone));
  const goal = views.union(views.select(state.sent, { wildcard: false, names: kept }), target);
  const diff = views.diff(state.sent, goal);
  // Sent along: what was asked for, and what was rejected together with what changes.
  const asked = [...(state.dueAll ? goal.resources.keys() : []), ...due];
  const cured = rules.complete || [...doubted].some((name) => diff.has(name)) ? [...doubted] : [];
  const isThere = (name: string): boolean => goal.resources.has(name);
  const extra = distinct(asked, cured).filter((name) => !diff.has(name));
  const changed = distinct(diff.changed, extra.filter(isThere));
  const removed = isDelta
    ? distinct(
        diff.removed,
        extra.filter((name) => !isThere(name)),
      )
    : [];
  const isNews = rules.complete
    ? diff.changed.length + diff.removed.length + asked.length > 0
    : changed.length + removed.length > 0;
  if (!isNews && !state.owesAnswer && !state.dueAll) {
    settle(state, goal);
    return undefined;
  }
  return {
    goal,
    version: goal === target ? served.version : goal.version,
    complete: rules.complete,
    changed,
    removed,
    renewed: distinct(diff.changed, cured.filter(isThere)),
    key: extra.length === 0 ? diff.key : JSON.stringify([diff.key, extra]),
  };
}

/** The names of both, each once, in order. `left` has them so already. */
function distinct(left: readonly string[], right: readonly string[]): readonly string[] {
  return right.length === 0 ? left : [...new Set([...left, ...right])].sort(compareText);
}

/** A reconnected wildcard client that has the served version is not sent it again. */
function skipKnown(state: TypeState, target: ResourceSet): void {
  const { wildcard, names } = state.subscription;
  if (!wildcard || names.names.size > 0 || state.claimedVersion !== target.version) return;
  state.sent = target;
  state.owesAnswer = false;
}

/** The transition was sent: the client has its goal. */
export function markSent(state: TypeState, transition: Transition): void {
  settle(state, transition.goal);
  if (state.doubted.size === 0) return;
  if (transition.complete) state.doubted.clear();
  for (const name of [...transition.changed, ...transition.removed]) state.doubted.delete(name);
}

/** Nothing is due to a client that has `goal`. */
function settle(state: TypeState, goal: ResourceSet): void {
  state.sent = goal;
  state.owesAnswer = false;
  state.dueAll = false;
  state.due.clear();
}
