import { connect } from "node:http2";
import { encode } from "../../src/envoy/codec.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import { adsMethods } from "../support/ads-client.js";
import { frameOf, readFrames } from "../support/grpc-frames.js";

export type Variant = "sotw" | "delta";

/** Many proxies of one role: a connection and a stream each, which acknowledges all it gets. */
export interface FanOutClient {
  /** Resolves when every stream has an answer to each type; with the milliseconds each took. */
  changed(): Promise<readonly number[]>;
  close(): void;
}

const discovery = "envoy.service.discovery.v3";
const types = [typeUrls.cluster, typeUrls.route] as const;
/** As Envoy has it, so that no response waits for the client to read on. */
const windowBytes = 16 * 1024 * 1024;

/** Connects `streams` clients, which ask for all clusters and for `size` routes by name. */
export async function connectFanOutClients(
  port: number,
  variant: Variant,
  streams: number,
  size: number,
): Promise<FanOutClient> {
  const requests = makeRequests(variant, size);
  const clients = Array.from({ length: streams }, () => openStream(port, variant, requests));
  await Promise.all(clients.map((client) => client.changed()));
  return {
    async changed() {
      const start = performance.now();
      return Promise.all(
        clients.map(async (client) => {
          await client.changed();
          return performance.now() - start;
        }),
      );
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}

interface Requests {
  /** By type: what asks for it, and what answers it but for the nonce. */
  readonly first: ReadonlyMap<string, Buffer>;
  readonly answer: (typeUrl: string, version: string, nonce: string) => Buffer;
}

function makeRequests(variant: Variant, size: number): Requests {
  const node = { id: "ingress~bench" };
  const names = Array.from(
    { length: size },
    (_, index) => `route-${String(index).padStart(4, "0")}`,
  );
  const namesOf = (typeUrl: string) => (typeUrl === typeUrls.route ? names : []);
  if (variant === "delta") {
    const type = `${discovery}.DeltaDiscoveryRequest` as const;
    return {
      first: new Map(
        types.map((type_url) => {
          const request = { node, type_url, resource_names_subscribe: namesOf(type_url) };
          return [type_url, Buffer.from(encode(type, request))];
        }),
      ),
      answer: (type_url, _, response_nonce) =>
        Buffer.from(encode(type, { type_url, response_nonce })),
    };
  }
  const type = `${discovery}.DiscoveryRequest` as const;
  const bases = new Map(
    types.map((type_url) => [
      type_url as string,
      Buffer.from(encode(type, { type_url, resource_names: namesOf(type_url) })),
    ]),
  );
  const withFields = (typeUrl: string, fields: Parameters<typeof encode<typeof type>>[1]): Buffer =>
    // Two serialised messages, one after the other, are both of them merged.
    Buffer.concat([bases.get(typeUrl) ?? Buffer.alloc(0), encode(type, fields)]);
  return {
    first: new Map(types.map((typeUrl) => [typeUrl, withFields(typeUrl, { node })])),
    answer: (typeUrl, version_info, response_nonce) =>
      withFields(typeUrl, { version_info, response_nonce }),
  };
}

function openStream(port: number, variant: Variant, requests: Requests) {
  const session = connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: windowBytes },
  });
  session.once("connect", () => {
    session.setLocalWindowSize(windowBytes);
  });
  const stream = session.request({
    ":method": "POST",
    ":path": adsMethods[variant],
    "content-type": "application/grpc",
    te: "trailers",
  });
  let answered = new Set<string>();
  let done: (() => void) | undefined;
  let failed: ((cause: unknown) => void) | undefined;

  const read = async (): Promise<void> => {
    for await (const frame of readFrames(stream)) {
      const { typeUrl, version, nonce } = readHead(frame);
      stream.write(frameOf(requests.answer(typeUrl, version, nonce)));
      answered.add(typeUrl);
      if (answered.size < types.length) continue;
      answered = new Set();
      done?.();
    }
  };
  read().catch((cause: unknown) => failed?.(cause));
  for (const request of requests.first.values()) stream.write(frameOf(request));

  return {
    changed: () =>
      new Promise<void>((resolve, reject) => {
        done = resolve;
        failed = reject;
      }),
    close: () => {
      session.destroy();
    },
  };
}

/** Reads of a response, of either variant, what its answer takes, and passes over the resources. */
function readHead(bytes: Buffer) {
  const head = { typeUrl: "", version: "", nonce: "" };
  const fields = new Map<number, keyof typeof head>([
    [1, "version"],
    [4, "typeUrl"],
    [5, "nonce"],
  ]);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.byteLength) {
    const tag = varint();
    if ((tag & 7) === 0) {
      varint();
      continue;
    }
    const size = varint();
    const field = fields.get(tag >>> 3);
    if (field !== undefined) head[field] = bytes.toString("utf8", at, at + size);
    at += size;
  }
  return head;
}
