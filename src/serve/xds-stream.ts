import type { Node } from "../envoy/generated/messages.js";
import { typeUrls } from "../envoy/type-urls.js";
import type { RoleSnapshot, Snapshot } from "../snapshot/snapshot.js";
import { roleOfNode } from "./node-role.js";
import { encodeResponse } from "./responses.js";
import { removalOrder, sendOrder } from "./send-order.js";
import type { EnvoyId, EnvoyStatus, ServeEvent, TypeStatus } from "./serve-events.js";
import { emptySet, type DueResponse, type TypeState } from "./type-state.js";

/** What a stream needs of a request, in either protocol. */
export interface StreamRequest {
  readonly node?: Node;
  readonly type_url?: string;
}

export interface XdsStreamOptions<Request extends StreamRequest> {
  readonly stream: number;
  readonly variant: EnvoyStatus["variant"];
  readonly service: string;
  readonly peer: string;
  readonly connectedAtMs: number;
  readonly createType: (typeUrl: string) => TypeState<Request>;
  /** Writes one response. False: nothing more until `drained` is called. */
  readonly write: (message: Buffer) => boolean;
  readonly emit: (event: ServeEvent) => void;
  readonly now: () => number;
  readonly nextNonce: () => string;
}

/** One stream of one Envoy: its types, walled off from each other, and what is written when. */
export interface XdsStream<Request extends StreamRequest> {
  /** Takes a request, on a stream whose first one had this node. */
  receive(node: Node, typeUrl: string, request: Request): void;
  /** Sends what is due of a snapshot, at once or when the client reads again. */
  serve(snapshot: Snapshot): void;
  drained(): void;
  closed(): void;
  status(): EnvoyStatus | undefined;
}

/** How many unanswered responses of a type are remembered; a client that never answers loses older ones. */
const maxUnanswered = 100;

interface TypeRecord<Request> {
  readonly state: TypeState<Request>;
  readonly unanswered: Map<string, { readonly version: string; readonly snapshotId: string }>;
  sentVersion: string | undefined;
  ackedVersion: string | undefined;
  lastNack: TypeStatus["lastNack"];
}

export function createXdsStream<Request extends StreamRequest>(
  options: XdsStreamOptions<Request>,
): XdsStream<Request> {
  const types = new Map<string, TypeRecord<Request>>();
  let node: Node | undefined;
  let envoy: EnvoyId | undefined;
  let snapshot: Snapshot | undefined;
  let blocked = false;
  let open = true;

  const servedRole = (): RoleSnapshot | undefined => {
    if (snapshot === undefined || node === undefined) return undefined;
    const { roles, fallback } = snapshot;
    const asked = roleOfNode(node, (name) => roles.has(name));
    return (asked === undefined ? undefined : roles.get(asked)) ?? fallback;
  };

  const updateRole = (): void => {
    const role = servedRole();
    if (envoy === undefined || role === undefined || role === snapshot?.fallback) return;
    if (envoy.role !== role.role) envoy = { ...envoy, role: role.role };
  };

  const send = (typeUrl: string, record: TypeRecord<Request>, response: DueResponse): void => {
    const { body, changed } = response;
    const nonce = options.nextNonce();
    record.state.sent(nonce);
    record.sentVersion = body.version;
    const origin = { version: body.version, snapshotId: snapshot?.id ?? "" };
    record.unanswered.set(nonce, origin);
    if (record.unanswered.size > maxUnanswered) {
      const [oldest] = record.unanswered.keys();
      if (oldest !== undefined) record.unanswered.delete(oldest);
    }
    if (typeUrl === typeUrls.cluster) {
      // Envoy warms a changed EDS cluster until it gets its assignment, also an unchanged one.
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-warming
      const names = changed.flatMap(({ endpointsName }) => endpointsName ?? []);
      types.get(typeUrls.endpoints)?.state.resend(names);
    }
    blocked = !options.write(encodeResponse(typeUrl, body, nonce));
    if (envoy !== undefined) options.emit({ kind: "sent", envoy, typeUrl, ...origin });
  };

  const flush = (): void => {
    const role = servedRole();
    if (!open || role === undefined) return;
    const phases = [
      ["update", sendOrder],
      ["removal", removalOrder],
    ] as const;
    for (const [phase, order] of phases) {
      for (const typeUrl of order) {
        if (blocked) return; // what is due is worked out anew, from the newest snapshot, on drain
        const record = types.get(typeUrl);
        const due = record?.state.next(role.sets.get(typeUrl) ?? emptySet, phase);
        if (record !== undefined && due !== undefined) send(typeUrl, record, due);
      }
    }
  };

  const recordOf = (typeUrl: string): TypeRecord<Request> => {
    let record = types.get(typeUrl);
    if (record === undefined) {
      record = {
        state: options.createType(typeUrl),
        unanswered: new Map(),
        sentVersion: undefined,
        ackedVersion: undefined,
        lastNack: undefined,
      };
      types.set(typeUrl, record);
    }
    return record;
  };

  return {
    receive(ofNode, typeUrl, request) {
      if (node === undefined) {
        node = ofNode;
        envoy = { stream: options.stream, nodeId: ofNode.id ?? "", role: undefined };
        updateRole();
        options.emit({ kind: "connected", envoy });
      }
      const record = recordOf(typeUrl);
      const verdict = record.state.request(request, servedRole()?.sets.get(typeUrl) ?? emptySet);
      const answered = verdict && record.unanswered.get(verdict.nonce);
      if (verdict !== undefined && answered !== undefined && envoy !== undefined) {
        record.unanswered.delete(verdict.nonce);
        const exchange = { envoy, typeUrl, ...answered };
        if (verdict.kind === "ack") {
          record.ackedVersion = answered.version;
          options.emit({ kind: "ack", ...exchange });
        } else {
          const { message } = verdict;
          record.lastNack = { version: answered.version, message, atMs: options.now() };
          options.emit({ kind: "nack", message, ...exchange });
        }
      }
      flush();
    },
    serve(next) {
      snapshot = next;
      updateRole();
      flush();
    },
    drained() {
      blocked = false;
      flush();
    },
    closed() {
      if (open && envoy !== undefined) options.emit({ kind: "disconnected", envoy });
      open = false;
    },
    status() {
      if (node === undefined || envoy === undefined) return undefined;
      const version = node.user_agent_build_version?.version;
      return {
        envoy,
        cluster: node.cluster ?? "",
        envoyVersion: version
          ? [version.major_number, version.minor_number, version.patch].map((n) => n ?? 0).join(".")
          : (node.user_agent_version ?? ""),
        peer: options.peer,
        variant: options.variant,
        service: options.service,
        connectedAtMs: options.connectedAtMs,
        types: new Map(
          [...types].map(([typeUrl, record]) => [
            typeUrl,
            {
              subscribed: record.state.subscribed(),
              sentVersion: record.sentVersion,
              ackedVersion: record.ackedVersion,
              lastNack: record.lastNack,
            },
          ]),
        ),
      };
    },
  };
}
