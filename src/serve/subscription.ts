import { type NameSet, type NameSets, namesExactly } from "./name-set.js";

/** What a stream asks for of one type. */
export interface Subscription {
  /** All there is, by `*` or, as clients before it did, by a first request without names. */
  readonly wildcard: boolean;
  /** Names that were given, also beside the wildcard. */
  readonly names: NameSet;
  /** State of the world: once a name was given, an empty list means nothing, for good. */
  readonly everNamed: boolean;
}

/** Whether the subscription covers a resource of this name. */
export function wants({ wildcard, names }: Subscription, name: string): boolean {
  return wildcard || names.names.has(name);
}

/** Whether the stream asks for nothing of the type, or not any more. */
export function isIdle({ wildcard, names }: Subscription): boolean {
  return !wildcard && names.names.size === 0;
}

/**
 * The subscription after a state-of-the-world request with these `resource_names`.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
 */
export function subscribeSotw(
  before: Subscription | undefined,
  resourceNames: readonly string[],
  nameSets: NameSets,
): Subscription {
  if (before?.wildcard === false && namesExactly(before.names, resourceNames)) return before;
  if (resourceNames.length === 0) {
    const everNamed = before?.everNamed ?? false;
    return { wildcard: !everNamed, names: nameSets.empty, everNamed };
  }
  const wildcard = resourceNames.includes("*");
  const names = wildcard ? resourceNames.filter((name) => name !== "*") : resourceNames;
  return { wildcard, names: nameSets.of(names), everNamed: true };
}

/** A delta request's effect on the subscription, and what it wants an answer for. */
export interface DeltaStep {
  readonly subscription: Subscription;
  /** Answered with the resource or as removed, even if the client has it. */
  readonly asked: readonly string[];
  /** Everything is asked for again. */
  readonly askedAll: boolean;
}

/**
 * The effect of a delta request's `resource_names_subscribe` and `resource_names_unsubscribe`. A name in
 * both stays subscribed.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#subscribing-to-resources
 */
export function stepDelta(
  before: Subscription | undefined,
  subscribe: readonly string[],
  unsubscribe: readonly string[],
  nameSets: NameSets,
): DeltaStep {
  // The first message of a type without names is the legacy wildcard; it never comes back later.
  const legacy = before === undefined && subscribe.length === 0;
  if (before !== undefined && subscribe.length === 0 && unsubscribe.length === 0) {
    return { subscription: before, asked: [], askedAll: false };
  }
  const names = new Set(before?.names.names);
  const dropped = unsubscribe.filter((name) => names.delete(name));
  const askedAll = legacy || subscribe.includes("*");
  const kept = (before?.wildcard ?? false) && !unsubscribe.includes("*");
  const wildcard = askedAll ? !legacy || !unsubscribe.includes("*") : kept;
  const asked = new Set(subscribe);
  asked.delete("*");
  for (const name of asked) names.add(name);
  // Under the wildcard the client cannot know whether it keeps a dropped name: it is told.
  if (wildcard) for (const name of dropped) asked.add(name);
  return {
    subscription: {
      wildcard,
      names: nameSets.of([...names]),
      everNamed: (before?.everNamed ?? false) || subscribe.length > 0,
    },
    asked: [...asked],
    askedAll,
  };
}
