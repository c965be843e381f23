import { Client, credentials } from "@grpc/grpc-js";
import { decode, encode, unwrapAny } from "../../src/envoy/codec.js";
import type { DeltaDiscoveryRequest } from "../../src/envoy/generated/messages.js";
import { readerOf } from "../../src/envoy/protobuf.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import { adsMethods } from "../support/ads-client.js";

/** A client that does on a delta stream what Envoy does, and keeps nothing but names. */
export interface DeltaClient {
  /**
   * Resolves when everything that the role is served has arrived: all clusters and listeners, the
   * endpoints of those clusters, and the route tables that the listeners name. Rejects when the
   * stream ends first.
   */
  readonly whole: Promise<void>;
  /** How many resources of a type have arrived. */
  count(typeUrl: string): number;
  /** Resolves at the next response of a type. */
  next(typeUrl: string): Promise<void>;
  close(): void;
}

/**
 * Opens a stream for a node. Takes every cluster for one that gets its endpoints by EDS: in tree T,
 * whose upstreams are all IP addresses, they do.
 */
export function openDeltaClient(port: number, nodeId: string): DeltaClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc.use_local_subchannel_pool": 1, // or clients of one port would share a connection
  });
  const stream = client.makeBidiStreamRequest(
    adsMethods.delta,
    (request: DeltaDiscoveryRequest) =>
      Buffer.from(encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", request)),
    readResponse,
  );
  const arrived = new Map<string, Set<string>>();
  const waiting = new Map<string, (() => void)[]>();
  const wanted = { endpoints: new Set<string>(), route: new Set<string>() };

  const namesOf = (typeUrl: string): Set<string> => {
    const names = arrived.get(typeUrl) ?? new Set();
    arrived.set(typeUrl, names);
    return names;
  };
  const subscribe = (kind: keyof typeof wanted, names: readonly string[]): void => {
    const fresh = names.filter((name) => !wanted[kind].has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) wanted[kind].add(name);
    stream.write({ type_url: typeUrls[kind], resource_names_subscribe: fresh });
  };
  const isWhole = (): boolean =>
    Object.entries(wanted).every(([kind, names]) => {
      // `wanted` has kinds of resources as its keys.
      const typeUrl = typeUrls[kind as keyof typeof wanted];
      return names.size > 0 && namesOf(typeUrl).size === names.size;
    });

  const whole = new Promise<void>((resolve, reject) => {
    stream.on("data", ({ typeUrl, nonce, resources }: Response) => {
      const names = namesOf(typeUrl);
      for (const { name } of resources) names.add(name);
      stream.write({ type_url: typeUrl, response_nonce: nonce });
      if (typeUrl === typeUrls.cluster) subscribe("endpoints", [...names]);
      if (typeUrl === typeUrls.listener) {
        subscribe(
          "route",
          resources.flatMap(({ any }) => routeTablesOf(any())),
        );
      }
      for (const told of waiting.get(typeUrl)?.splice(0) ?? []) told();
      if (isWhole()) resolve();
    });
    stream.on("error", reject);
  });
  whole.catch(() => undefined); // whoever waits for it has the error
  stream.write({ node: { id: nodeId }, type_url: typeUrls.cluster });
  stream.write({ type_url: typeUrls.listener });
  return {
    whole,
    count: (typeUrl) => namesOf(typeUrl).size,
    next: (typeUrl) =>
      new Promise((resolve) => {
        waiting.set(typeUrl, [...(waiting.get(typeUrl) ?? []), resolve]);
      }),
    close() {
      stream.cancel();
      client.close();
    },
  };
}

interface Response {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly Resource[];
}

interface Resource {
  readonly name: string;
  /** A serialised `google.protobuf.Any`. */
  readonly any: () => Uint8Array;
}

/** Reads a DeltaDiscoveryResponse, and of its resources no more than the names: the rest would take longest. */
function readResponse(bytes: Buffer): Response {
  let typeUrl = "";
  let nonce = "";
  const resources: Resource[] = [];
  const reader = readerOf(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 2) resources.push(readResource(reader, bytes));
    else if (tag >>> 3 === 4) typeUrl = reader.string();
    else if (tag >>> 3 === 5) nonce = reader.string();
    else reader.skipType(tag & 7);
  }
  return { typeUrl, nonce, resources };
}

function readResource(reader: Reader, bytes: Buffer): Resource {
  const size = reader.uint32();
  const end = reader.pos + size;
  let name = "";
  let body: readonly [number, number] = [0, 0];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 2) {
      const length = reader.uint32();
      body = [reader.pos, reader.pos + length];
      reader.skip(length);
    } else if (tag >>> 3 === 3) name = reader.string();
    else reader.skipType(tag & 7);
  }
  return { name, any: () => bytes.subarray(...body) };
}

type Reader = ReturnType<typeof readerOf>;

const manager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

function routeTablesOf(listener: Uint8Array): readonly string[] {
  const { value } = unwrapAny(listener);
  const { filter_chains: chains = [] } = decode("envoy.config.listener.v3.Listener", value);
  return chains.flatMap(({ filters = [] }) =>
    filters.flatMap(({ typed_config: config }) => {
      const { rds } = decode(manager, config?.value ?? new Uint8Array());
      return rds?.route_config_name ?? [];
    }),
  );
}
