import type { DiscoveryRequest } from "../envoy/generated/messages.js";

/** What a stream has asked for of one type, in the state-of-the-world protocol. */
export interface SotwSubscription {
  readonly wildcard: boolean;
  readonly names: ReadonlySet<string>;
  /** Once a name was given, an empty list means nothing, for good. */
  readonly everNamed: boolean;
}

/** What a request means. The subscription that it carries holds for all kinds but "stale". */
export type SotwMeaning = "subscribe" | "ack" | "nack" | "stale";

/**
 * Says what a DiscoveryRequest means, given the nonce last sent for its type on this stream.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#ack-nack-and-resource-type-instance-version
 */
export function classifySotw(
  lastNonce: string | undefined,
  request: Pick<DiscoveryRequest, "response_nonce" | "error_detail">,
): SotwMeaning {
  if (lastNonce === undefined) return "subscribe";
  if ((request.response_nonce ?? "") !== lastNonce) return "stale";
  return request.error_detail ? "nack" : "ack";
}

/**
 * The subscription after a request with these `resource_names`.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
 */
export function subscribeSotw(
  before: SotwSubscription | undefined,
  resourceNames: readonly string[],
): SotwSubscription {
  const names = new Set(resourceNames);
  if (names.size === 0) {
    const everNamed = before?.everNamed ?? false;
    return { wildcard: !everNamed, names, everNamed };
  }
  const wildcard = names.delete("*");
  return { wildcard, names, everNamed: true };
}
