import { decode } from "../envoy/codec.js";
import type { Node } from "../envoy/generated/messages.js";
import { protobuf } from "../envoy/protobuf.js";

interface RequestBase {
  /** Only the first request of a stream is sure to have it, and only of that is it read. */
  readonly node: Node | undefined;
  /** Empty on a single service means its own type. */
  readonly typeUrl: string;
  readonly nonce: string;
  /** Of a NACK: why. */
  readonly error: string | undefined;
}

/** A DiscoveryRequest. */
export interface SotwRequest extends RequestBase {
  readonly variant: "sotw";
  readonly version: string;
  readonly names: readonly string[];
}

/** A DeltaDiscoveryRequest. */
export interface DeltaRequest extends RequestBase {
  readonly variant: "delta";
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** By name; undefined if the client says it has nothing. */
  readonly initialVersions: ReadonlyMap<string, string> | undefined;
}

export type XdsRequest = SotwRequest | DeltaRequest;

/**
 * Reads a request. Throws on bytes that are not one. Without `withNode`, the node is passed over: most
 * Envoys send all that they are with each request, up to 100 kB, where only the first one counts.
 */
export function readRequest(
  variant: XdsRequest["variant"],
  bytes: Uint8Array,
  withNode: boolean,
): XdsRequest {
  const rest = withNode ? bytes : dropNode(bytes, nodeFields[variant]);
  return variant === "sotw" ? readSotw(rest) : readDelta(rest);
}

/** Field numbers of `node`. */
const nodeFields = { sotw: 2, delta: 1 } as const;
const lengthDelimited = 2;

/** The request without its node, if that comes in the order of fields. */
function dropNode(bytes: Uint8Array, nodeField: number): Uint8Array {
  const reader = protobuf().Reader.create(bytes);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    if (tag >>> 3 > nodeField) break;
    reader.skipType(tag & 7);
    if (tag === ((nodeField << 3) | lengthDelimited)) {
      const after = bytes.subarray(reader.pos);
      return start === 0 ? after : Buffer.concat([bytes.subarray(0, start), after]);
    }
  }
  return bytes;
}

function readSotw(bytes: Uint8Array): SotwRequest {
  const message = decode("envoy.service.discovery.v3.DiscoveryRequest", bytes);
  return {
    variant: "sotw",
    node: message.node ?? undefined,
    typeUrl: message.type_url ?? "",
    nonce: message.response_nonce ?? "",
    error: message.error_detail ? (message.error_detail.message ?? "") : undefined,
    version: message.version_info ?? "",
    names: message.resource_names ?? [],
  };
}

function readDelta(bytes: Uint8Array): DeltaRequest {
  const message = decode("envoy.service.discovery.v3.DeltaDiscoveryRequest", bytes);
  const initial = Object.entries(message.initial_resource_versions ?? {});
  return {
    variant: "delta",
    node: message.node ?? undefined,
    typeUrl: message.type_url ?? "",
    nonce: message.response_nonce ?? "",
    error: message.error_detail ? (message.error_detail.message ?? "") : undefined,
    subscribe: message.resource_names_subscribe ?? [],
    unsubscribe: message.resource_names_unsubscribe ?? [],
    initialVersions: initial.length > 0 ? new Map(initial) : undefined,
  };
}
