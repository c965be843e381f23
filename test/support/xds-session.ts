import assert from "node:assert/strict";
import { decode, decodeByName, encode, unwrapAny } from "../../src/envoy/codec.js";
import type {
  Any,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from "../../src/envoy/generated/messages.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import type { AdsClient, AdsStream, DeltaStream, SotwStream } from "./ads-client.js";

export type Variant = "sotw" | "delta";
export const variants: readonly Variant[] = ["sotw", "delta"];

/** A response of either variant. */
export interface Received {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Of the type. */
  readonly version: string;
  readonly names: readonly string[];
  /** Delta only. */
  readonly removed: readonly string[];
}

/** A client that speaks both variants: names in, names out. It acknowledges nothing by itself. */
export interface XdsSession {
  /** Adds names; none at all at first is the wildcard. */
  ask(typeUrl: string, ...names: readonly string[]): void;
  /** Takes names off, without having to know whether they were asked for. */
  drop(typeUrl: string, ...names: readonly string[]): void;
  ack(response: Received): void;
  nack(response: Received, message?: string): void;
  next(): Promise<Received>;
  /** The next response, and its ACK. */
  take(): Promise<Received>;
  /** Proves that nothing is on its way: of all that could be, the answer to a question comes first. */
  expectQuiet(): Promise<void>;
  readonly stream: Pick<AdsStream<never, unknown>, "ended" | "halfClose" | "cancel" | "sendBytes">;
}

/** The type that {@link XdsSession.expectQuiet} asks for; tests of other types do not use it. */
const fenceType = typeUrls.listener;

/** Opens a stream, on the aggregated service unless another method is given. */
export function openSession(
  client: AdsClient,
  variant: Variant,
  nodeId: string,
  method?: string,
): XdsSession {
  return variant === "sotw"
    ? sotwSession(client.sotw(method), nodeId)
    : deltaSession(client.delta(method), nodeId);
}

function sotwSession(stream: SotwStream, nodeId: string): XdsSession {
  const asked = new Map<string, Set<string>>();
  const nonces = new Map<string, string>();
  const acked = new Map<string, string>();
  let first = true;
  const send = (typeUrl: string, rest: DiscoveryRequest = {}): void => {
    stream.send({
      ...(first && { node: { id: nodeId } }),
      type_url: typeUrl,
      resource_names: [...(asked.get(typeUrl) ?? [])],
      response_nonce: nonces.get(typeUrl) ?? "",
      version_info: acked.get(typeUrl) ?? "",
      ...rest,
    });
    first = false;
  };
  const base = sessionOf(stream, readSotw, {
    ask(typeUrl, ...names) {
      asked.set(typeUrl, new Set([...(asked.get(typeUrl) ?? []), ...names]));
      send(typeUrl);
    },
    drop(typeUrl, ...names) {
      for (const name of names) asked.get(typeUrl)?.delete(name);
      send(typeUrl);
    },
    ack({ typeUrl, version, nonce }) {
      acked.set(typeUrl, version);
      send(typeUrl, { response_nonce: nonce });
    },
    nack({ typeUrl, nonce }, message = "rejected") {
      send(typeUrl, { response_nonce: nonce, error_detail: { code: 3, message } });
    },
  });
  return {
    ...base,
    async next() {
      const response = await base.next();
      nonces.set(response.typeUrl, response.nonce);
      return response;
    },
  };
}

function deltaSession(stream: DeltaStream, nodeId: string): XdsSession {
  let node: { node?: { id: string } } = { node: { id: nodeId } };
  const send = (request: Parameters<typeof stream.send>[0]): void => {
    stream.send({ ...node, ...request });
    node = {};
  };
  return sessionOf(stream, readDelta, {
    ask(typeUrl, ...names) {
      send({ type_url: typeUrl, resource_names_subscribe: [...names] });
    },
    drop(typeUrl, ...names) {
      send({ type_url: typeUrl, resource_names_unsubscribe: [...names] });
    },
    ack({ typeUrl, nonce }) {
      send({ type_url: typeUrl, response_nonce: nonce });
    },
    nack({ typeUrl, nonce }, message = "rejected") {
      send({ type_url: typeUrl, response_nonce: nonce, error_detail: { code: 3, message } });
    },
  });
}

function sessionOf<Request, Response>(
  stream: AdsStream<Request, Response>,
  read: (response: Response) => Received,
  requests: Pick<XdsSession, "ask" | "drop" | "ack" | "nack">,
): XdsSession {
  let fences = 0;
  return {
    ...requests,
    next: async () => read(await stream.next()),
    async take() {
      const response = await this.next();
      this.ack(response);
      return response;
    },
    async expectQuiet() {
      // A complete type is answered for each new name in state of the world, and any type in delta.
      this.ask(fenceType, `fence-${++fences}`);
      const response = await this.take();
      assert.deepEqual([response.typeUrl, response.names], [fenceType, []]);
    },
    stream,
  };
}

/** A response of either variant. */
export function readResponse(response: DiscoveryResponse | DeltaDiscoveryResponse): Received {
  // Decoded messages inherit the defaults of all their fields.
  return "removed_resources" in response
    ? readDelta(response)
    : readSotw(response as DiscoveryResponse);
}

/** A state-of-the-world response, its resources wrapped or not. */
export function readSotw(response: DiscoveryResponse): Received {
  return {
    typeUrl: response.type_url ?? "",
    nonce: response.nonce ?? "",
    version: response.version_info ?? "",
    names: (response.resources ?? []).map(nameOf),
    removed: [],
  };
}

/** A delta response. */
export function readDelta(response: DeltaDiscoveryResponse): Received {
  return {
    typeUrl: response.type_url ?? "",
    nonce: response.nonce ?? "",
    version: response.system_version_info ?? "",
    names: (response.resources ?? []).map(({ name = "" }) => name),
    removed: [...(response.removed_resources ?? [])],
  };
}

/** The name in the body of a resource, or in the wrapper around it. */
export function nameOf(any: Any): string {
  const { type, value } = unwrapAny(encode("google.protobuf.Any", any));
  if (type === "envoy.service.discovery.v3.Resource") return decode(type, value).name ?? "";
  // In all the types that are served, field 1 is the name, as it is in a StringValue
  return String(decodeByName("google.protobuf.StringValue", value)["value"]);
}
