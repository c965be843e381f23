import {
  Server,
  ServerCredentials,
  status,
  type ServerDuplexStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { decode } from "../envoy/codec.js";
import type { DeltaDiscoveryRequest, DiscoveryRequest } from "../envoy/generated/messages.js";
import { typeUrls } from "../envoy/type-urls.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { createDeltaType } from "./delta-type.js";
import type { EnvoyStatus, ServeEvent } from "./serve-events.js";
import { createSotwType } from "./sotw-type.js";
import type { TypeState } from "./type-state.js";
import { createXdsStream, type StreamRequest, type XdsStream } from "./xds-stream.js";

export interface AdsServerOptions {
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Mutual TLS: PEM. Without it the server speaks plain text, which belongs on loopback only. */
  readonly tls?: {
    readonly certificate: Buffer;
    readonly privateKey: Buffer;
    /** Who may connect: clients whose certificate this CA signed. */
    readonly clientCa: Buffer;
  };
  /** Largest request in bytes: a big fleet's `initial_resource_versions`. Default: 64 MiB. */
  readonly maxRequestBytes?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Serves snapshots to Envoys, over state of the world and delta, aggregated and by single services. */
export interface AdsServer {
  /** Rejects with an `Error` whose message names the address if it cannot be had. */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Serves a snapshot from now on. Streams that came before the first one are held until then. */
  publish(snapshot: Snapshot): void;
  /** Calls `listener` for every event; what it gives stops that. */
  onEvent(listener: (event: ServeEvent) => void): () => void;
  /** All connected Envoys that have said who they are. */
  envoys(): readonly EnvoyStatus[];
  /** Ends all streams. */
  close(): Promise<void>;
}

interface Service {
  readonly name: string;
  readonly label: string;
  readonly sotw: string;
  readonly delta: string;
  /** The type of a single service; on ADS each request names its own. */
  readonly typeUrl?: string;
}

/** https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#rpc-services-and-methods-for-each-variant */
const services: readonly Service[] = [
  {
    name: "envoy.service.discovery.v3.AggregatedDiscoveryService",
    label: "ADS",
    sotw: "StreamAggregatedResources",
    delta: "DeltaAggregatedResources",
  },
  single("cluster", "ClusterDiscoveryService", "CDS", "Clusters", typeUrls.cluster),
  single("endpoint", "EndpointDiscoveryService", "EDS", "Endpoints", typeUrls.endpoints),
  single("listener", "ListenerDiscoveryService", "LDS", "Listeners", typeUrls.listener),
  single("route", "RouteDiscoveryService", "RDS", "Routes", typeUrls.route),
  single("secret", "SecretDiscoveryService", "SDS", "Secrets", typeUrls.secret),
];

function single(
  folder: string,
  name: string,
  label: string,
  noun: string,
  typeUrl: string,
): Service {
  return {
    name: `envoy.service.${folder}.v3.${name}`,
    label,
    sotw: `Stream${noun}`,
    delta: `Delta${noun}`,
    typeUrl,
  };
}

type Call<Request> = ServerDuplexStream<Request, Buffer>;

export function createAdsServer(options: AdsServerOptions): AdsServer {
  const streams = new Set<XdsStream<never>>();
  const listeners = new Set<(event: ServeEvent) => void>();
  let snapshot: Snapshot | undefined;
  let streamCount = 0;
  let nonceCount = 0;

  const server = new Server({
    "grpc.max_receive_message_length": options.maxRequestBytes ?? 64 * 1024 * 1024,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 20_000,
  });

  const accept = <Request extends StreamRequest>(
    call: Call<Request>,
    service: Service,
    variant: EnvoyStatus["variant"],
    createType: (typeUrl: string) => TypeState<Request>,
  ): void => {
    const stream = createXdsStream<Request>({
      stream: ++streamCount,
      variant,
      service: service.label,
      peer: call.getPeer(),
      connectedAtMs: options.now(),
      createType,
      write: (message) => call.write(message),
      emit: (event) => {
        for (const listener of listeners) listener(event);
      },
      now: options.now,
      nextNonce: () => String(++nonceCount),
    });
    // The set only ever publishes to and closes its streams; requests stay inside this function.
    const entry = stream as XdsStream<never>;
    let node: StreamRequest["node"];
    streams.add(entry);
    const forget = (): void => {
      streams.delete(entry);
      stream.closed();
    };
    const refuse = (details: string): void => {
      forget();
      call.emit("error", { code: status.INVALID_ARGUMENT, details });
    };
    if (snapshot !== undefined) stream.serve(snapshot);
    call.on("data", (request: Request) => {
      if (!streams.has(entry)) return;
      node ??= request.node;
      if (!node?.id) {
        refuse('the first request must name its node: set "node.id", such as "ingress~envoy-1"');
        return;
      }
      const typeUrl = service.typeUrl ?? request.type_url;
      if (!typeUrl) refuse('a request on the aggregated service must have a "type_url"');
      else if (request.type_url && request.type_url !== typeUrl) {
        refuse(`${service.label} serves ${typeUrl}, not ${request.type_url}`);
      } else stream.receive(node, typeUrl, request);
    });
    call.on("drain", () => {
      stream.drained();
    });
    call.on("end", () => {
      forget();
      call.end();
    });
    call.on("cancelled", forget);
    call.on("error", forget);
  };

  for (const service of services) {
    const { definition, implementation } = describeService(service, accept);
    server.addService(definition, implementation);
  }

  return {
    listen() {
      const host = options.host ?? "127.0.0.1";
      const address = `${host.includes(":") ? `[${host}]` : host}:${options.port}`;
      return new Promise((resolve, reject) => {
        server.bindAsync(address, credentialsOf(options), (cause, port) => {
          if (cause === null) resolve({ host, port });
          else reject(new Error(`cannot listen on ${address}: ${cause.message}`, { cause }));
        });
      });
    },
    publish(next) {
      snapshot = next;
      for (const stream of streams) stream.serve(next);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    envoys: () => [...streams].flatMap((stream) => stream.status() ?? []),
    close() {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

function credentialsOf({ tls }: AdsServerOptions): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: tls.certificate, private_key: tls.privateKey };
  return ServerCredentials.createSsl(tls.clientCa, [pair], true);
}

type Accept = <Request extends StreamRequest>(
  call: Call<Request>,
  service: Service,
  variant: EnvoyStatus["variant"],
  createType: (typeUrl: string) => TypeState<Request>,
) => void;

/** Responses are written as they were encoded: shared bytes are never serialised again. */
function describeService(
  service: Service,
  accept: Accept,
): {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
} {
  const method = <Request>(name: string, read: (bytes: Buffer) => Request) => ({
    path: `/${service.name}/${name}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: read,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  });
  const discovery = "envoy.service.discovery.v3";
  return {
    definition: {
      [service.sotw]: method(service.sotw, (bytes) =>
        decode(`${discovery}.DiscoveryRequest`, bytes),
      ),
      [service.delta]: method(service.delta, (bytes) =>
        decode(`${discovery}.DeltaDiscoveryRequest`, bytes),
      ),
    },
    implementation: {
      [service.sotw]: (call: Call<DiscoveryRequest>) => {
        accept(call, service, "sotw", createSotwType);
      },
      [service.delta]: (call: Call<DeltaDiscoveryRequest>) => {
        accept(call, service, "delta", createDeltaType);
      },
    },
  };
}
