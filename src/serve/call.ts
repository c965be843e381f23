import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { identitiesOf, mayHaveRole, type RoleBinding } from "./certificate-role.js";
import type { Doubts } from "./doubts.js";
import { readNode } from "./node.js";
import { readRequest, type XdsRequest } from "./requests.js";
import type { ResourceViews } from "./resource-views.js";
import type { Responses } from "./responses.js";
import type { SendBudget } from "./send-budget.js";
import type { ServeEvent } from "./serve-events.js";
import type { XdsService } from "./services.js";
import type { StreamTable, TableEntry } from "./stream-table.js";
import { createXdsStream } from "./xds-stream.js";

/** What all calls of a server share. */
export interface CallContext {
  readonly streams: StreamTable;
  readonly views: ResourceViews;
  readonly responses: Responses;
  readonly doubts: Doubts;
  readonly sendBudget: SendBudget;
  readonly ttlMs: number | undefined;
  readonly maxStreams: number;
  /** Undefined: clients show no certificate, and may have any role. */
  readonly roleBindings: readonly RoleBinding[] | undefined;
  readonly now: () => number;
  readonly emit: (event: ServeEvent) => void;
  readonly onFault: (fault: unknown) => void;
}

type Call = ServerDuplexStream<Buffer, Buffer>;

/** Handles the calls of one method: gRPC in front, an {@link createXdsStream} behind. */
export function createCallHandler(
  service: XdsService,
  variant: XdsRequest["variant"],
  context: CallContext,
): (call: Call) => void {
  return (call) => {
    acceptCall(call, service, variant, context);
  };
}

let streamCount = 0;

function acceptCall(
  call: Call,
  service: XdsService,
  variant: XdsRequest["variant"],
  context: CallContext,
): void {
  const { streams } = context;
  const connectedAtMs = context.now();
  const { roleBindings } = context;
  const certificate = roleBindings && call.getAuthContext().sslPeerCertificate;
  const identities = certificate ? identitiesOf(certificate) : [];
  let open = true;
  let entry: TableEntry | undefined;
  streams.openCalls++;

  /** Lets go of everything, whichever side ended the call and however. */
  const forget = (): void => {
    if (!open) return;
    open = false;
    streams.openCalls--;
    if (entry === undefined) return;
    entry.stream.closed();
    streams.remove(entry);
    context.emit({ kind: "disconnected", envoy: entry.stream.envoy });
  };
  const refuse = (code: status, details: string): void => {
    if (!open) return;
    forget();
    call.emit("error", { code, details });
  };
  const guard = (work: () => void): void => {
    if (!open) return;
    try {
      work();
    } catch (fault) {
      // A bug, but of this stream's making: the other Envoys are served on.
      context.onFault(fault);
      refuse(status.INTERNAL, "internal error of the control plane");
    }
  };

  const connect = (request: XdsRequest): TableEntry | undefined => {
    if (!request.node?.id) {
      const hint = 'the first request must name its node: set "node.id", such as "ingress~envoy-1"';
      refuse(status.INVALID_ARGUMENT, hint);
      return undefined;
    }
    const stream = createXdsStream({
      ...context,
      stream: ++streamCount,
      variant,
      service,
      peer: call.getPeer(),
      connectedAtMs,
      node: readNode(request.node),
      write(bytes, written) {
        context.sendBudget.take(bytes.byteLength, (release) => {
          if (!open) {
            release();
            return;
          }
          call.write(bytes, (fault: unknown) => {
            release();
            if (!fault) guard(written);
          });
        });
      },
      isDueElsewhere: (typeUrl) => streams.isDueElsewhere(made, typeUrl),
      wrote(renewedEndpoints) {
        streams.wrote(made, renewedEndpoints);
      },
    });
    const made: TableEntry = {
      stream,
      service,
      connection: `${call.getPeer()} ${request.node.id}`,
      guard,
      checkRole() {
        const { askedRole } = stream;
        if (roleBindings === undefined || askedRole === undefined) return;
        if (mayHaveRole(identities, askedRole, roleBindings)) return;
        const names = identities.map(quote).join(", ") || "nobody";
        const details = `the client certificate is for ${names}, which may not have role ${quote(askedRole)}`;
        refuse(status.PERMISSION_DENIED, details);
      },
      shutDown() {
        refuse(status.UNAVAILABLE, "the control plane is shutting down");
      },
    };
    made.checkRole();
    if (!open) return undefined;
    entry = made;
    streams.add(made);
    if (isOpen()) context.emit({ kind: "connected", envoy: stream.envoy });
    return isOpen() ? made : undefined;
  };
  const isOpen = (): boolean => open;

  const receive = (bytes: Buffer): void => {
    let request: XdsRequest;
    try {
      request = readRequest(variant, bytes);
    } catch {
      // What cannot be read is the client's fault, not the server's.
      refuse(status.INVALID_ARGUMENT, `not a ${variant === "sotw" ? "" : "Delta"}DiscoveryRequest`);
      return;
    }
    const typeUrl = service.typeUrl ?? request.typeUrl;
    if (typeUrl === "") {
      const hint = 'a request on the aggregated service must have a "type_url"';
      refuse(status.INVALID_ARGUMENT, hint);
    } else if (request.typeUrl !== "" && request.typeUrl !== typeUrl) {
      const hint = `${service.label} serves ${typeUrl}, not ${quote(request.typeUrl)}`;
      refuse(status.INVALID_ARGUMENT, hint);
    } else {
      const ready = entry ?? connect(request);
      ready?.stream.receive(typeUrl, request);
    }
  };

  call.on("data", (bytes: Buffer) => {
    guard(() => {
      receive(bytes);
    });
  });
  call.on("end", () => {
    forget();
    call.end();
  });
  call.on("cancelled", forget);
  call.on("error", forget);
  if (streams.openCalls > context.maxStreams) {
    const hint = `this control plane takes ${context.maxStreams} streams at most`;
    refuse(status.RESOURCE_EXHAUSTED, hint);
  }
}

/** Text of a client in a message: no longer than it needs to be, and no bare surrogates. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
