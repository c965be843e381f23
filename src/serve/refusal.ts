import { status } from "@grpc/grpc-js";
import { mayHaveRole, type RoleBinding } from "./certificate-role.js";
import { readRequest, type XdsRequest } from "./requests.js";
import type { XdsService } from "./services.js";

/** Why a call is ended: a gRPC status, and a sentence for whoever runs the client. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
}

/** A request and the type that it is about. */
export interface TypedRequest {
  readonly typeUrl: string;
  readonly request: XdsRequest;
}

/**
 * Reads a message of a call, the first one with its node. What cannot be read is the client's fault, not
 * the server's.
 */
export function readMessage(
  service: XdsService,
  variant: XdsRequest["variant"],
  bytes: Uint8Array,
  isFirst: boolean,
): TypedRequest | Refusal {
  let request: XdsRequest;
  try {
    request = readRequest(variant, bytes, isFirst);
  } catch {
    return invalid(`not a ${variant === "sotw" ? "" : "Delta"}DiscoveryRequest`);
  }
  const typeUrl = service.typeUrl ?? request.typeUrl;
  if (typeUrl === "") return invalid('a request on the aggregated service must have a "type_url"');
  if (request.typeUrl !== "" && request.typeUrl !== typeUrl) {
    return invalid(`${service.label} serves ${typeUrl}, not ${quote(request.typeUrl)}`);
  }
  return { typeUrl, request };
}

/** Of a stream whose first request does not say whose it is. */
export const namelessNode = invalid(
  'the first request must name its node: set "node.id", such as "ingress~envoy-1"',
);

/** Why the holder of a certificate for these names may not have a role; undefined: it may. */
export function refuseRole(
  identities: readonly string[],
  role: string,
  bindings: readonly RoleBinding[],
): Refusal | undefined {
  if (mayHaveRole(identities, role, bindings)) return undefined;
  const names = identities.map(quote).join(", ") || "nobody";
  const details = `the client certificate is for ${names}, which may not have role ${quote(role)}`;
  return { code: status.PERMISSION_DENIED, details };
}

function invalid(details: string): Refusal {
  return { code: status.INVALID_ARGUMENT, details };
}

/** Text of a client in a message: no longer than it needs to be, and no bare surrogates. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
