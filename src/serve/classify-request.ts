/** What this stream sent last for a type, and what it has seen of the client since. */
export interface Sent {
  readonly lastNonce: string;
  /** The client has given back a nonce of this stream: it has seen a response. */
  readonly seen: boolean;
}

/** What a request means. The names in it count for all kinds but "stale". */
export type RequestKind = "subscribe" | "ack" | "nack" | "stale";

/**
 * Says what a state-of-the-world request means, given what its stream last sent for its type. (A delta
 * request's names count whatever its nonce, so there is nothing to decide.)
 *
 * A nonce of another stream means nothing, so the first request is served whatever it brings. Until the
 * client has seen a response it may send requests without a nonce, each in place of the one before.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#ack-nack-and-resource-type-instance-version
 */
export function classifyRequest(
  sent: Sent | undefined,
  request: { readonly nonce: string; readonly error: string | undefined },
): RequestKind {
  if (sent === undefined) return "subscribe";
  if (request.nonce === sent.lastNonce) return request.error === undefined ? "ack" : "nack";
  return request.nonce === "" && !sent.seen ? "subscribe" : "stale";
}
