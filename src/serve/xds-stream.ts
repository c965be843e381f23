import { typeUrls } from "../envoy/type-urls.js";
import type { RoleSnapshot, Snapshot } from "../snapshot/snapshot.js";
import type { Doubts } from "./doubts.js";
import type { EnvoyNode } from "./node.js";
import { roleOfNode } from "./node-role.js";
import type { XdsRequest } from "./requests.js";
import { emptySet, type ResourceViews } from "./resource-views.js";
import {
  type ResponseForm,
  type Responses,
  type SharedResponse,
  versionSuffix,
} from "./responses.js";
import { completeTypes, sendOrder, usersOf } from "./send-order.js";
import type { EnvoyId, EnvoyStatus, ServeEvent } from "./serve-events.js";
import type { XdsService } from "./services.js";
import { isIdle } from "./subscription.js";
import { createTypeRecord, type TypeRecord, type Unanswered } from "./type-record.js";
import {
  createTypeState,
  hasChange,
  markSent,
  takeDeltaRequest,
  takeSotwRequest,
  type Transition,
  transitionOf,
} from "./type-state.js";

export interface XdsStreamOptions {
  readonly stream: number;
  readonly variant: XdsRequest["variant"];
  readonly service: XdsService;
  readonly peer: string;
  readonly connectedAtMs: number;
  /** Of the stream's first request. */
  readonly node: EnvoyNode;
  /** Of resources, for clients that support it; undefined: they do not expire. */
  readonly ttlMs: number | undefined;
  readonly views: ResourceViews;
  readonly responses: Responses;
  readonly doubts: Doubts;
  readonly now: () => number;
  /**
   * How long listeners and routes wait for the client to have warmed clusters that are new to it, in
   * milliseconds; 0: they do not.
   */
  readonly warmingMs: number;
  /** Calls `action` after a while, unless what it gives is called before. */
  readonly after: (ms: number, action: () => void) => () => void;
  readonly emit: (event: ServeEvent) => void;
  /** Writes a response; calls `written` when the transport has taken it all. One at a time. */
  readonly write: (bytes: Buffer, written: () => void) => void;
  /** Whether another stream of the same Envoy has something of a type to send first. */
  readonly isDueElsewhere: (typeUrl: string) => boolean;
  /** A response was taken: what waited for it on other streams of the same Envoy can go on. */
  readonly wrote: (renewedEndpoints: readonly string[]) => void;
}

/** One stream of one Envoy: its types, walled off from each other, and what is written when. */
export interface XdsStream {
  readonly envoy: EnvoyId;
  /** The role that the node asks for, whether or not there is one of that name. */
  readonly askedRole: string | undefined;
  /** Takes a request of a type. */
  receive(typeUrl: string, request: XdsRequest): void;
  /**
   * From now on what is due is worked out from this snapshot. `flush` sends it. A role that is awaited is
   * sent nothing until a snapshot has it: its Envoys keep what they have.
   */
  retarget(snapshot: Snapshot, isAwaited?: (role: string) => boolean): void;
  /** Sends what is due, at once or when the client reads again. */
  flush(): void;
  /** Whether something of the type is still to be sent. */
  isDue(typeUrl: string): boolean;
  /** Clusters were sent that Envoy warms until it gets these assignments, again if it has them. */
  resendEndpoints(names: readonly string[]): void;
  /** Tells the client to keep what expires. */
  heartbeat(): void;
  closed(): void;
  status(): EnvoyStatus;
  /** Everything that was sent is acknowledged, or some of it is not yet, or some of it was rejected. */
  settled(): "current" | "pending" | "rejected";
}

/** What a change of clusters may be followed by that leads to them. */
const mayLeadToClusters: ReadonlySet<string> = new Set([typeUrls.listener, typeUrls.route]);

/** A response that waits for the one before it to be written. */
interface Queued {
  readonly record: TypeRecord;
  readonly origin: Unanswered;
  readonly response: SharedResponse;
  readonly renewedEndpoints: readonly string[];
  /** It brings clusters that the client does not have. */
  readonly bringsClusters: boolean;
}

/** Starts a stream that was asked for nothing yet. */
export function createXdsStream(options: XdsStreamOptions): XdsStream {
  const { variant, views, responses, node } = options;
  const records = new Map<string, TypeRecord>();
  /** The parts of one transition that are still to be written. */
  let queue: Queued[] = [];
  /** Assignments of clusters that were sent before the first request for assignments. */
  const warming = new Set<string>();
  let envoy: EnvoyId = { stream: options.stream, nodeId: node.id, role: undefined };
  let askedRole = roleOfNode(node, () => false);
  let snapshot: Snapshot | undefined;
  let served: RoleSnapshot | undefined;
  let lastNonce = 0;
  let writing: TypeRecord | undefined;
  let open = true;
  /** The client is warming clusters that it was sent in the response with this nonce. */
  let warmingSince: { readonly nonce: number; readonly cancel: () => void } | undefined;

  const withTtl = options.ttlMs !== undefined && takesTtl(node, variant);
  const form: ResponseForm = { variant, ttlMs: withTtl ? options.ttlMs : undefined };

  const servedSet = (typeUrl: string) => served?.sets.get(typeUrl) ?? emptySet;

  const isDue = (typeUrl: string): boolean => {
    const record = records.get(typeUrl);
    if (!open || record === undefined) return false;
    const isWritten = writing === record || queue.some((queued) => queued.record === record);
    return isWritten || hasChange(record.state, servedSet(typeUrl), views);
  };

  const next = (record: TypeRecord): Transition | undefined => {
    const { state } = record;
    const users = usersOf.get(state.typeUrl) ?? [];
    const complete = variant === "sotw" && completeTypes.has(state.typeUrl);
    const isImplicit = variant === "sotw" && !complete; // nobody is told what is gone
    const keptOf = (gone: readonly string[]): readonly string[] =>
      !isImplicit && users.some((user) => isDue(user) || options.isDueElsewhere(user))
        ? // What was rejected, or may be, does not come again in a response that takes it back.
          gone.filter(record.accepted())
        : [];
    return transitionOf(state, servedSet(state.typeUrl), { variant, complete, keptOf }, views);
  };

  /** Assignments of the EDS clusters that are news to the client. */
  const endpointsOf = (record: TypeRecord, { goal, renewed }: Transition): readonly string[] => {
    const { state } = record;
    // A client that came with nothing asks for the assignments of its first clusters itself.
    const isNew = state.owesAnswer && !state.reconnected;
    if (state.typeUrl !== typeUrls.cluster || isNew) return [];
    return renewed.flatMap((name) => goal.resources.get(name)?.endpointsName ?? []);
  };

  const resendEndpoints = (names: Iterable<string>): void => {
    const state = records.get(typeUrls.endpoints)?.state;
    for (const name of names) {
      if (state === undefined) warming.add(name);
      else if (state.sent.resources.has(name)) state.due.add(name);
    }
  };

  /**
   * Routes to a cluster that is still warming would answer 503. Envoy acknowledges clusters when they
   * are warm, so what may lead to new ones waits for that, though not for long: one of them may never be.
   * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
   */
  const waitForWarming = (nonce: number): void => {
    endWarming();
    const cancel = options.after(options.warmingMs, () => {
      warmingSince = undefined;
      flush();
    });
    warmingSince = { nonce, cancel };
  };

  const endWarming = (): void => {
    warmingSince?.cancel();
    warmingSince = undefined;
  };

  /** Whether the type has to wait for clusters. What the client asks for first, it gets at once. */
  const isHeld = ({ state }: TypeRecord): boolean =>
    warmingSince !== undefined && mayLeadToClusters.has(state.typeUrl) && !state.owesAnswer;

  /** Clusters that the client does not have, though it has listeners that could lead to them. */
  const bringsClusters = ({ state }: TypeRecord, { changed, goal }: Transition): boolean =>
    state.typeUrl === typeUrls.cluster &&
    options.service.typeUrl === undefined &&
    options.warmingMs > 0 &&
    (records.get(typeUrls.listener)?.state.sent.resources.size ?? 0) > 0 &&
    changed.some((name) => goal.resources.has(name) && !state.sent.resources.has(name));

  /** What is due next goes into the queue, if anything is. Changes before removals, by type. */
  const plan = (): boolean => {
    for (const typeUrl of sendOrder) {
      const record = records.get(typeUrl);
      const transition = record && !isHeld(record) ? next(record) : undefined;
      if (record === undefined || transition === undefined) continue;
      const isWarming = bringsClusters(record, transition);
      const renewedEndpoints = endpointsOf(record, transition);
      const { version, changed, removed } = transition;
      const origin = {
        version,
        wireVersion: version + versionSuffix(form),
        snapshotId: snapshot?.id ?? "",
        names: removed.length === 0 ? changed : [...changed, ...removed],
      };
      markSent(record.state, transition);
      record.heartbeatDue = false;
      // Envoy warms a changed EDS cluster until it gets its assignment, also an unchanged one.
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-warming
      if (options.service.typeUrl === undefined) resendEndpoints(renewedEndpoints);
      for (const response of responses.of(typeUrl, transition, form)) {
        queue.push({ record, origin, response, renewedEndpoints, bringsClusters: isWarming });
      }
      return true;
    }
    return false;
  };

  const planHeartbeat = (): void => {
    for (const record of records.values()) {
      const { held, state } = record;
      if (!record.heartbeatDue) continue;
      record.heartbeatDue = false;
      // Whether the client has what it rejected is not known, so of that nothing can be said.
      const kept = views.without(state.sent, state.doubted);
      if (held === undefined || kept.resources.size === 0) continue;
      const response = responses.heartbeat(state.typeUrl, kept, held.wireVersion, form);
      const origin = { ...held, snapshotId: snapshot?.id ?? "", names: [] };
      queue.push({ record, origin, response, renewedEndpoints: [], bringsClusters: false });
      return;
    }
  };

  const write = (queued: Queued): void => {
    const { record, origin, response, renewedEndpoints } = queued;
    const { bytes, nonce } = response.withNonceAfter(lastNonce);
    const { typeUrl } = record.state;
    lastNonce = nonce;
    writing = record;
    record.wasSent(String(nonce), origin);
    if (queued.bringsClusters) waitForWarming(nonce);
    options.write(bytes, () => {
      writing = undefined;
      if (!open) return;
      options.wrote(renewedEndpoints);
      flush();
    });
    const { version, snapshotId } = origin;
    options.emit({ kind: "sent", envoy, typeUrl, version, snapshotId });
  };

  const flush = (): void => {
    if (!open || writing !== undefined || served === undefined) return;
    // A second look: a type without anything to send may have been what a removal waited for.
    if (queue.length === 0 && !plan() && !plan()) planHeartbeat();
    const queued = queue.shift();
    if (queued !== undefined) write(queued);
  };

  const takeVerdict = (record: TypeRecord, { nonce, error }: XdsRequest): void => {
    const { typeUrl } = record.state;
    const answered = record.takeAnswer(nonce, error, options.now());
    if (answered === undefined) return;
    if (typeUrl === typeUrls.cluster && Number(nonce) >= (warmingSince?.nonce ?? 0)) endWarming();
    const { version, snapshotId } = answered;
    const exchange = { envoy, typeUrl, version, snapshotId };
    if (error === undefined) options.emit({ kind: "ack", ...exchange });
    else options.emit({ kind: "nack", message: error, ...exchange });
  };

  /** Types that are not served have no state: they are never answered, and disturb no other. */
  const recordOf = (typeUrl: string): TypeRecord => {
    const doubted = options.doubts.take(node.id, typeUrl);
    const record = createTypeRecord(createTypeState(typeUrl, doubted, views));
    records.set(typeUrl, record);
    return record;
  };

  return {
    get envoy() {
      return envoy;
    },
    get askedRole() {
      return askedRole;
    },
    receive(typeUrl, request) {
      if (!sendOrder.includes(typeUrl)) return;
      const known = records.get(typeUrl);
      const record = known ?? recordOf(typeUrl);
      const { state } = record;
      const rules = {
        first: known === undefined,
        complete: completeTypes.has(typeUrl),
        versionSuffix: versionSuffix(form),
      };
      takeVerdict(record, request);
      if (request.variant === "sotw") takeSotwRequest(state, request, rules, views);
      else takeDeltaRequest(state, request, rules, views);
      if (typeUrl === typeUrls.endpoints && warming.size > 0) {
        resendEndpoints(warming);
        warming.clear();
      }
      // Envoy would not take the nonce of a response of a type that it dropped.
      if (isIdle(state.subscription)) queue = queue.filter((queued) => queued.record !== record);
      flush();
    },
    retarget(next, isAwaited = () => false) {
      snapshot = next;
      askedRole = roleOfNode(node, (name) => next.roles.has(name) || isAwaited(name));
      const role = askedRole === undefined ? undefined : next.roles.get(askedRole);
      const isHeld = role === undefined && askedRole !== undefined && isAwaited(askedRole);
      served = role ?? (isHeld ? undefined : next.fallback);
      if (envoy.role !== role?.role) envoy = { ...envoy, role: role?.role };
    },
    flush,
    isDue,
    resendEndpoints(names) {
      resendEndpoints(names);
      flush();
    },
    heartbeat() {
      if (!withTtl) return;
      for (const record of records.values()) record.heartbeatDue = true;
      flush();
    },
    closed() {
      open = false;
      endWarming();
      queue = [];
      for (const { state } of records.values()) {
        options.doubts.leave(node.id, state.typeUrl, state.doubted);
      }
    },
    status: () => ({
      envoy,
      cluster: node.cluster,
      envoyVersion: node.version,
      peer: options.peer,
      variant,
      service: options.service.label,
      connectedAtMs: options.connectedAtMs,
      types: new Map(
        [...records].map(([typeUrl, record]) => {
          const isCurrent = served !== undefined && !isDue(typeUrl);
          return [typeUrl, record.status(isCurrent ? servedSet(typeUrl).version : undefined)];
        }),
      ),
    }),
    settled() {
      let pending = served === undefined;
      for (const [typeUrl, record] of records) {
        const answer = record.lastAnswer();
        if (answer === "rejected") return "rejected";
        pending ||= answer === "pending" || isDue(typeUrl);
      }
      return pending ? "pending" : "current";
    },
  };
}

function takesTtl(node: EnvoyNode, variant: XdsRequest["variant"]): boolean {
  if (!node.supportsTtl || variant === "delta") return node.supportsTtl;
  // In state of the world, Envoy 1.40 takes a heartbeat of all clusters or listeners for an empty
  // list, heartbeats do not keep its other resources, and it crashes when one of them expires.
  return node.supportsWrapped && !node.isEnvoy;
}
