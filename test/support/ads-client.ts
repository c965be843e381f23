import { Client, credentials, type ClientDuplexStream, type StatusObject } from "@grpc/grpc-js";
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
  /** The next response; rejects when the stream ends first, or none comes in time. */
  next(): Promise<Response>;
  /** How the stream ended. */
  ended: Promise<StatusObject>;
  halfClose(): void;
}

export type SotwStream = AdsStream<DiscoveryRequest, DiscoveryResponse>;
export type DeltaStream = AdsStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

/** A connection to an xDS server on loopback. */
export interface AdsClient {
  sotw(method?: string): SotwStream;
  delta(method?: string): DeltaStream;
  close(): void;
}

export function createAdsClient(port: number): AdsClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
  });
  const ads = `/${discovery}.AggregatedDiscoveryService`;
  return {
    sotw: (method = `${ads}/StreamAggregatedResources`) =>
      open(
        client,
        method,
        (request) => encode(`${discovery}.DiscoveryRequest`, request),
        (bytes) => decode(`${discovery}.DiscoveryResponse`, bytes),
      ),
    delta: (method = `${ads}/DeltaAggregatedResources`) =>
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
  const call: ClientDuplexStream<Request, Response> = client.makeBidiStreamRequest(
    method,
    (request: Request) => Buffer.from(write(request)),
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
    send: (request) => void call.write(request),
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
  };
}
