import type { DeltaDiscoveryRequest } from "../envoy/generated/messages.js";

/** What a stream has asked for of one type, in the incremental protocol. */
export interface DeltaSubscription {
  readonly wildcard: boolean;
  readonly names: ReadonlySet<string>;
}

/** A request's effect on the subscription, and the names that it wants an answer for. */
export interface DeltaStep {
  readonly subscription: DeltaSubscription;
  /** Answered with the resource or as removed, even if the client has it. */
  readonly asked: ReadonlySet<string>;
  /** Everything is asked for again. */
  readonly askedAll: boolean;
  /** No longer subscribed to: what was sent of them is forgotten. */
  readonly dropped: ReadonlySet<string>;
}

/**
 * The effect of a DeltaDiscoveryRequest. Subscription changes count whatever its nonce.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#subscribing-to-resources
 */
export function stepDelta(
  before: DeltaSubscription | undefined,
  request: Pick<DeltaDiscoveryRequest, "resource_names_subscribe" | "resource_names_unsubscribe">,
): DeltaStep {
  const subscribe = new Set(request.resource_names_subscribe ?? []);
  const unsubscribe = new Set(request.resource_names_unsubscribe ?? []);
  const names = new Set(before?.names);
  const asked = new Set<string>();
  const dropped = new Set<string>();
  // The first message of a type without names is the legacy wildcard; it never comes back later.
  const legacy = before === undefined && subscribe.size === 0;
  let wildcard = before?.wildcard ?? legacy;
  if (unsubscribe.delete("*")) wildcard = false;
  const askedAll = subscribe.delete("*") || legacy;
  if (askedAll) wildcard = true;
  for (const name of unsubscribe) {
    if (!names.delete(name) || subscribe.has(name)) continue;
    // Under the wildcard the client cannot know whether it keeps the resource: it is told.
    if (wildcard) asked.add(name);
    else dropped.add(name);
  }
  for (const name of subscribe) {
    names.add(name);
    asked.add(name);
  }
  return { subscription: { wildcard, names }, asked, askedAll, dropped };
}
