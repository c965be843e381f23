import type { DiscoveryRequest } from "../envoy/generated/messages.js";
import { compareText } from "../lib/compare.js";
import type { ResourceSet, XdsResource } from "../snapshot/snapshot.js";
import { versionOf } from "../snapshot/version.js";
import { encodeSotwResources, encodeSotwSet } from "./responses.js";
import { completeTypes } from "./send-order.js";
import { classifySotw, subscribeSotw, type SotwSubscription } from "./sotw-subscription.js";
import type { DueResponse, TypeState, Verdict } from "./type-state.js";

/** One type on one state-of-the-world stream. */
export function createSotwType(typeUrl: string): TypeState<DiscoveryRequest> {
  const complete = completeTypes.has(typeUrl);
  const due = new Set<string>();
  let subscription: SotwSubscription | undefined;
  let lastNonce: string | undefined;
  let answered = false;
  let sent: ReadonlyMap<string, XdsResource> = new Map();
  let sentSet: ResourceSet | undefined;

  const wants = (name: string): boolean =>
    subscription !== undefined && (subscription.wildcard || subscription.names.has(name));

  const wanted = (set: ResourceSet): readonly XdsResource[] =>
    subscription?.wildcard === true
      ? [...set.resources.values()]
      : [...(subscription?.names ?? [])].sort(compareText).flatMap((name) => {
          const resource = set.resources.get(name);
          return resource === undefined ? [] : [resource];
        });

  const remember = (resources: readonly XdsResource[]): void => {
    sent = new Map(resources.map((resource) => [resource.name, resource]));
  };

  /** LDS and CDS: the whole of what is subscribed to; what goes away stays until phase "removal". */
  const nextComplete = (set: ResourceSet, removal: boolean): DueResponse | undefined => {
    const now = wanted(set);
    const names = new Set(now.map(({ name }) => name));
    const stale = [...sent.values()].filter(({ name }) => !names.has(name) && wants(name));
    const changed = now.filter(
      ({ name, version }) => sent.get(name)?.version !== version || due.has(name),
    );
    if (answered && changed.length === 0 && !(removal && stale.length > 0)) return undefined;
    const keep = removal ? [] : stale;
    const all = [...now, ...keep].sort((a, b) => compareText(a.name, b.name));
    const whole = keep.length === 0 && subscription?.wildcard === true;
    remember(all);
    return {
      body: {
        version: keep.length === 0 ? set.version : versionOf(all),
        bytes: whole ? encodeSotwSet(set) : encodeSotwResources(all),
      },
      changed,
    };
  };

  /** Other types: only what is due. Removal is implied when no listener or cluster refers to it. */
  const nextPartial = (set: ResourceSet): DueResponse | undefined => {
    const now = wanted(set);
    const changed = now.filter(
      ({ name, version }) => sent.get(name)?.version !== version || due.has(name),
    );
    remember(now);
    const first = !answered && subscription?.wildcard === true;
    if (changed.length === 0 && !first) return undefined;
    return { body: { version: set.version, bytes: encodeSotwResources(changed) }, changed };
  };

  return {
    request(request, set): Verdict | undefined {
      const meaning = classifySotw(lastNonce, request);
      if (meaning === "stale") return undefined;
      const before = subscription;
      subscription = subscribeSotw(before, request.resource_names ?? []);
      sent = new Map([...sent].filter(([name]) => wants(name)));
      // Under the wildcard the client has all there is; any other added name is answered anew.
      for (const name of before?.wildcard === false ? subscription.names : []) {
        if (before?.names.has(name) === false) due.add(name);
      }
      sentSet = undefined;
      const current = request.version_info !== undefined && request.version_info === set.version;
      if (before === undefined && subscription.wildcard && current && set.version !== "") {
        // A reconnect at the served version: the content is the same wherever the version is.
        remember([...set.resources.values()]);
        answered = true;
      }
      if (meaning === "subscribe") return undefined;
      const message = request.error_detail?.message ?? "";
      return { kind: meaning, nonce: request.response_nonce ?? "", message };
    },
    resend(names) {
      for (const name of names) if (wants(name)) due.add(name);
      if (due.size > 0) sentSet = undefined;
    },
    next(set, phase) {
      if (subscription === undefined) return undefined;
      // Nothing at all for a type that the client dropped: Envoy would not take the nonce.
      if (!subscription.wildcard && subscription.names.size === 0) return undefined;
      if (sentSet === set && due.size === 0) return undefined;
      const response = complete
        ? nextComplete(set, phase === "removal")
        : phase === "update"
          ? nextPartial(set)
          : undefined;
      due.clear();
      if (phase === "removal") sentSet = set;
      return response;
    },
    sent(nonce) {
      lastNonce = nonce;
      answered = true;
    },
    subscribed: () => [...(subscription?.wildcard ? ["*"] : []), ...(subscription?.names ?? [])],
  };
}
