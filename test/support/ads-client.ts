import {
  Client,
  credentials,
  type ChannelCredentials,
  type ClientDuplexStream,
  type StatusObject,
} from "@grpc/grpc-js";
import { decode, encode } from "../../src/envoy/codec.js";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from "../../src/envoy/generated/messages.js";

const discovery = "envoy.service.discovery.v3";
const deadlineMs = 5_000;

/** One stream, as a test speaks it: raw requests out, raw responses in, nothing answered by itself. */
export interface AdsStream<Request, Response> {
  send(request: Request): void;
  /** Sends a message that need not be a request. */
  sendBytes(bytes: Uint8Array): void;
  /** The next response; rejects when the stream ends first, or none comes in time. */
  next(): Promise<Response>;
  /** How the stream ended. */
  readonly ended: Promise<StatusObject>;
  /** Says that no more requests come. */
  halfClose(): void;
  /** Resets the stream. */
  cancel(): void;
}

export type SotwStream = AdsStream<DiscoveryRequest, DiscoveryResponse>;
export type DeltaStream = AdsStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

/** A connection of its own to an xDS server on loopback. */
export interface AdsClient {
  /** `method`: full path. Default: the aggregated service's. */
  sotw(method?: string): SotwStream;
  delta(method?: string): DeltaStream;
  close(): void;
}

/** Methods of the aggregated service. */
export const adsMethods = {
  sotw: `/${discovery}.AggregatedDiscoveryService/StreamAggregatedResources`,
  delta: `/${discovery}.AggregatedDiscoveryService/DeltaAggregatedResources`,
} as const;

/** Connects at the first stream. */
export function createAdsClient(
  port: number,
  security: ChannelCredentials = credentials.createInsecure(),
): AdsClient {
  const client = new Client(`127.0.0.1:${port}`, security, {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.use_local_subchannel_pool": 1, // or clients of one port would share a connection
  });
  return {
    sotw: (method = adsMethods.sotw) =>
      open(
        client,
        method,
        (request) => encode(`${discovery}.DiscoveryRequest`, request),
        (bytes) => decode(`${discovery}.DiscoveryResponse`, bytes),
      ),
    delta: (method = adsMethods.delta) =>
      open(
        client,
        method,
        (request) => encode(`${discovery}.DeltaDiscoveryRequest`, request),
        (bytes) => decode(`${discovery}.DeltaDiscoveryResponse`, bytes),
      ),
    close: () => {
      client.close();
    },
  };
}

function open<Request extends object, Response>(
  client: Client,
  method: string,
  write: (request: Request) => Uint8Array,
  read: (bytes: Buffer) => Response,
): AdsStream<Request, Response> {
  const call: ClientDuplexStream<Uint8Array, Response> = client.makeBidiStreamRequest(
    method,
    (bytes: Uint8Array) => Buffer.from(bytes),
    read,
  );
  const arrived: Response[] = [];
  const waiting: ((response: Response) => void)[] = [];
  call.on("data", (response: Response) => {
    const taker = waiting.shift();
    if (taker) taker(response);
    else arrived.push(response);
  });
  call.on("error", () => undefined); // told by `ended` as well
  const ended = new Promise<StatusObject>((resolve) => call.once("status", resolve));
  return {
    send: (request) => void call.write(write(request)),
    sendBytes: (bytes) => void call.write(bytes),
    next() {
      const ready = arrived.shift();
      if (ready !== undefined) return Promise.resolve(ready);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error("no response came in time"));
        }, deadlineMs);
        waiting.push((response) => {
          clearTimeout(timer);
          resolve(response);
        });
        void ended.then(({ code, details }) => {
          clearTimeout(timer);
          reject(new Error(`the stream ended: ${code} ${details}`));
        });
      });
    },
    ended,
    halfClose: () => {
      call.end();
    },
    cancel: () => {
      call.cancel();
    },
  };
}
