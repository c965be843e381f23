import type { DeltaDiscoveryRequest } from "../envoy/generated/messages.js";
import { compareText } from "../lib/compare.js";
import type { ResourceSet, XdsResource } from "../snapshot/snapshot.js";
import { stepDelta, type DeltaSubscription } from "./delta-subscription.js";
import { encodeDeltaChange } from "./responses.js";
import type { DueResponse, TypeState, Verdict } from "./type-state.js";

/** One type on one incremental stream. */
export function createDeltaType(): TypeState<DeltaDiscoveryRequest> {
  const asked = new Set<string>();
  let subscription: DeltaSubscription | undefined;
  let askedAll = false;
  let answered = false;
  let sentSet: ResourceSet | undefined;
  /** Versions that the client has, as far as it was sent them or said so. */
  let sent = new Map<string, string>();

  const wants = (name: string): boolean =>
    subscription !== undefined && (subscription.wildcard || subscription.names.has(name));

  const candidates = (set: ResourceSet): Iterable<XdsResource> => {
    if (subscription?.wildcard === true) return set.resources.values();
    return [...new Set([...(subscription?.names ?? []), ...asked])]
      .sort(compareText)
      .flatMap((name) => set.resources.get(name) ?? []);
  };

  const update = (set: ResourceSet): DueResponse | undefined => {
    const changed: XdsResource[] = [];
    for (const resource of candidates(set)) {
      const { name, version } = resource;
      if (askedAll || asked.has(name) || sent.get(name) !== version) changed.push(resource);
    }
    const missing = [...asked].filter((name) => !set.resources.has(name)).sort(compareText);
    const first = !answered && subscription?.wildcard === true && sent.size === 0;
    for (const { name, version } of changed) sent.set(name, version);
    for (const name of missing) sent.delete(name);
    asked.clear();
    askedAll = false;
    if (changed.length === 0 && missing.length === 0 && !first) return undefined;
    return { body: { version: set.version, bytes: encodeDeltaChange(changed, missing) }, changed };
  };

  const remove = (set: ResourceSet): DueResponse | undefined => {
    const gone = [...sent.keys()].filter((name) => !set.resources.has(name)).sort(compareText);
    for (const name of gone) sent.delete(name);
    if (gone.length === 0) return undefined;
    return { body: { version: set.version, bytes: encodeDeltaChange([], gone) }, changed: [] };
  };

  return {
    request(request, set): Verdict | undefined {
      const first = subscription === undefined;
      const step = stepDelta(subscription, request);
      subscription = step.subscription;
      for (const name of step.dropped) sent.delete(name);
      if (!subscription.wildcard) sent = new Map([...sent].filter(([name]) => wants(name)));
      if (first) {
        sent = new Map(Object.entries(request.initial_resource_versions ?? {}));
        // What the client has in the served version is not sent again on a new stream.
        for (const name of step.asked) {
          if (sent.get(name) !== set.resources.get(name)?.version || !sent.has(name))
            asked.add(name);
        }
      } else {
        askedAll ||= step.askedAll;
        for (const name of step.asked) asked.add(name);
      }
      sentSet = undefined;
      const nonce = request.response_nonce ?? "";
      if (nonce === "") return undefined;
      return request.error_detail
        ? { kind: "nack", nonce, message: request.error_detail.message ?? "" }
        : { kind: "ack", nonce, message: "" };
    },
    resend(names) {
      for (const name of names) if (wants(name)) asked.add(name);
      if (asked.size > 0) sentSet = undefined;
    },
    next(set, phase) {
      if (subscription === undefined || sentSet === set) return undefined;
      if (phase === "update") return update(set);
      sentSet = set;
      return remove(set);
    },
    sent() {
      answered = true;
    },
    subscribed: () => [...(subscription?.wildcard ? ["*"] : []), ...(subscription?.names ?? [])],
  };
}
