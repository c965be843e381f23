import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { identitiesOf, type RoleBinding } from "./certificate-role.js";
import type { Doubts } from "./doubts.js";
import { readNode } from "./node.js";
import { namelessNode, readMessage, type Refusal, refuseRole } from "./refusal.js";
import type { XdsRequest } from "./requests.js";
import type { ResourceViews } from "./resource-views.js";
import type { Responses } from "./responses.js";
import type { SendBudget } from "./send-budget.js";
import type { ServeEvent } from "./serve-events.js";
import type { XdsService } from "./services.js";
import type { StreamTable, TableEntry } from "./stream-table.js";
import { createXdsStream, type XdsStream } from "./xds-stream.js";

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
  readonly warmingMs: number;
  readonly after: (ms: number, action: () => void) => () => void;
  readonly emit: (event: ServeEvent) => void;
  readonly onFault: (fault: unknown) => void;
}

/** A call of a streaming method whose messages are bytes. */
export type Call = ServerDuplexStream<Buffer, Buffer>;

let streamCount = 0;

/** Serves one call of a method: gRPC in front, an {@link XdsStream} behind from its first request on. */
export function serveCall(
  call: Call,
  service: XdsService,
  variant: XdsRequest["variant"],
  context: CallContext,
): void {
  const { streams, roleBindings } = context;
  const connectedAtMs = context.now();
  let open = true;
  let entry: TableEntry | undefined;
  const isOpen = (): boolean => open;
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

  const refuse = (refusal: Refusal): void => {
    if (!open) return;
    forget();
    call.emit("error", refusal);
  };

  const guard = (work: () => void): void => {
    if (!open) return;
    try {
      work();
    } catch (fault) {
      // A bug, but of this stream's making: the other Envoys are served on.
      context.onFault(fault);
      refuse({ code: status.INTERNAL, details: "internal error of the control plane" });
    }
  };

  const write = (bytes: Buffer, written: () => void): void => {
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
  };

  /** A client certificate is for certain roles; without client certificates, anyone has any. */
  const checkRole = (stream: XdsStream): void => {
    if (roleBindings === undefined || stream.askedRole === undefined) return;
    const certificate = call.getAuthContext().sslPeerCertificate;
    const identities = certificate ? identitiesOf(certificate) : [];
    const refusal = refuseRole(identities, stream.askedRole, roleBindings);
    if (refusal !== undefined) refuse(refusal);
  };

  /** Takes the stream in, now that it is known whose it is; undefined: it was refused. */
  const connect = (node: NonNullable<XdsRequest["node"]>): TableEntry | undefined => {
    const peer = call.getPeer();
    const stream = createXdsStream({
      ...context,
      stream: ++streamCount,
      variant,
      service,
      peer,
      connectedAtMs,
      node: readNode(node),
      write,
      isDueElsewhere: (typeUrl) => streams.isDueElsewhere(made, typeUrl),
      wrote(renewedEndpoints) {
        streams.wrote(made, renewedEndpoints);
      },
    });
    const made: TableEntry = {
      stream,
      service,
      connection: `${peer} ${stream.envoy.nodeId}`,
      guard,
      checkRole() {
        checkRole(stream);
      },
      shutDown() {
        const details = "the control plane is shutting down";
        refuse({ code: status.UNAVAILABLE, details });
      },
    };
    made.checkRole();
    if (!isOpen()) return undefined;
    entry = made;
    streams.add(made);
    if (isOpen()) context.emit({ kind: "connected", envoy: stream.envoy });
    return isOpen() ? made : undefined;
  };

  const receive = (bytes: Buffer): void => {
    const message = readMessage(service, variant, bytes, entry === undefined);
    if ("code" in message) {
      refuse(message);
      return;
    }
    const { typeUrl, request } = message;
    if (entry !== undefined) entry.stream.receive(typeUrl, request);
    else if (request.node?.id) connect(request.node)?.stream.receive(typeUrl, request);
    else refuse(namelessNode);
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
    const details = `this control plane takes ${context.maxStreams} streams at most`;
    refuse({ code: status.RESOURCE_EXHAUSTED, details });
  }
}
