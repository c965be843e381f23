import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { gitEnvironment } from "./git-repo.js";

/** The certificate of the servers of tests with `tls: true`; it is its own authority. */
export const testCaFile = fileURLToPath(new URL("../fixtures/tls/localhost.pem", import.meta.url));
const testKeyFile = fileURLToPath(new URL("../fixtures/tls/localhost.key", import.meta.url));

/** One request that reached the server. */
export interface GitRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** 1 for the first request to the server. */
  readonly number: number;
}

/** What happens to a response instead of its being sent. `afterBytes` counts bytes of the body. */
export type Fault =
  /** Answer this instead of asking Git. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** End the body early, as if it were whole. */
  | { readonly kind: "truncate"; readonly afterBytes: number }
  /** Cut the connection in the middle of the body. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Send no further byte, and leave the connection open. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** Never answer. */
  | { readonly kind: "silence" }
  /** Cut the connection without an answer. */
  | { readonly kind: "hang-up" }
  /** Send one byte at a time. */
  | { readonly kind: "drip"; readonly afterBytes: number; readonly everyMs: number }
  /** Send zeros for as long as the client takes them. */
  | { readonly kind: "flood"; readonly afterBytes: number }
  /** Flip the bits of one byte. */
  | { readonly kind: "corrupt"; readonly atByte: number };

/** A running Git server. */
export interface GitServer {
  readonly port: number;
  /** The URL of the repository. */
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly GitRequest[];
  /** Resolves when one more request than so far has reached the server. */
  nextRequest(): Promise<GitRequest>;
  /** Bytes of response bodies sent so far. */
  readonly sentBytes: () => number;
  /** Decides for each request what goes wrong; undefined: nothing does. */
  setFault(fault: ((request: GitRequest) => Fault | undefined) | undefined): void;
  /** The value that the `authorization` header must have, such as {@link basicAuth}. */
  setAuthorization(value: string | undefined): void;
  /** Serves another folder from here on. */
  setFolder(folder: string): void;
  close(): Promise<void>;
}

/** The `authorization` header of a user name and a password. */
export function basicAuth(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Serves one repository at `/repo.git` over smart HTTP by `git http-backend`, on a free port. */
export async function startGitServer(
  folder: string,
  options: { readonly tls?: boolean } = {},
): Promise<GitServer> {
  const requests: GitRequest[] = [];
  const arrivals = new EventEmitter();
  let served = folder;
  let sentBytes = 0;
  let authorization: string | undefined;
  let faultOf: ((request: GitRequest) => Fault | undefined) | undefined;

  const server = await listen(options.tls === true, (incoming, response) => {
    const request: GitRequest = {
      method: incoming.method ?? "GET",
      url: incoming.url ?? "/",
      headers: incoming.headers,
      number: requests.length + 1,
    };
    requests.push(request);
    arrivals.emit("request", request);
    const fault = faultOf?.(request);
    if (fault?.kind === "silence") return;
    if (fault?.kind === "hang-up") return void incoming.socket.destroy();
    if (fault?.kind === "status") return sendStatus(incoming, response, fault);
    if (authorization !== undefined && incoming.headers.authorization !== authorization) {
      const headers = { "www-authenticate": 'Basic realm="git"' };
      return sendStatus(incoming, response, { kind: "status", status: 401, headers });
    }
    serveByCgi(served, incoming, response, async (body) => {
      const counted = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of applyFault(body, fault)) {
          sentBytes += chunk.length;
          yield chunk;
        }
      };
      await pipeline(counted, response, { end: false });
      if (fault?.kind === "cut") incoming.socket.destroy();
      else if (fault?.kind !== "stall") response.end();
    });
  });
  return {
    port: server.port,
    url: `${options.tls === true ? "https" : "http"}://localhost:${server.port}/repo.git`,
    requests,
    nextRequest: async () => (await once(arrivals, "request"))[0] as GitRequest,
    sentBytes: () => sentBytes,
    setFault: (fault) => void (faultOf = fault),
    setAuthorization: (value) => void (authorization = value),
    setFolder: (value) => void (served = value),
    close: server.close,
  };
}

/** A running HTTP proxy. */
export interface TestProxy {
  readonly url: string;
  /** `CONNECT host:port`, or method and URL, of every request so far. */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

/** An HTTP proxy that tunnels (CONNECT). With `authorization`, only for who has it. */
export async function startProxy(authorization?: string): Promise<TestProxy> {
  const seen: string[] = [];
  const tunnels = new Set<Socket>();
  const server = await listen(false, (_incoming, response) => response.writeHead(405).end());
  server.http.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    seen.push(`CONNECT ${request.url}`);
    if (authorization !== undefined && request.headers["proxy-authorization"] !== authorization) {
      return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    }
    const target = new URL(`http://${request.url}`);
    const upstream = connect(Number(target.port), target.hostname, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.once("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    for (const socket of [client, upstream]) {
      tunnels.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => tunnels.delete(socket));
    }
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    seen,
    async close() {
      for (const socket of tunnels) socket.destroy();
      await server.close();
    },
  };
}

async function listen(
  tls: boolean,
  listener: RequestListener,
): Promise<{ http: Server; port: number; close(): Promise<void> }> {
  const http = tls
    ? createTlsServer({ cert: readFileSync(testCaFile), key: readFileSync(testKeyFile) }, listener)
    : createServer(listener);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    http,
    port: (http.address() as AddressInfo).port,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function sendStatus(
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Extract<Fault, { kind: "status" }>,
): void {
  incoming.resume();
  response.writeHead(fault.status, fault.headers).end(fault.body);
}

/** One request as RFC 3875 hands it to a program. */
function serveByCgi(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  send: (body: AsyncIterable<Buffer>) => Promise<void>,
): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const { headers } = request;
  const backend = spawn("git", ["http-backend"], {
    env: {
      ...gitEnvironment,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: url.pathname.replace(/^\/repo\.git/, ""),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  // Git may answer before it has read everything, and the client may go away: neither is an error.
  backend.stdin.once("error", () => request.unpipe());
  request.pipe(backend.stdin);
  response.once("close", () => void backend.kill());

  let head = Buffer.alloc(0);
  backend.stdout.on("data", function onHead(chunk: Buffer) {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    backend.stdout.off("data", onHead);
    backend.stdout.pause();
    writeHead(head.subarray(0, end).toString("latin1"), response);
    backend.stdout.unshift(head.subarray(end + 4));
    send(backend.stdout).catch(() => response.destroy());
  });
  backend.stdout.once("end", () => {
    if (!response.headersSent) response.writeHead(500).end();
  });
}

function writeHead(text: string, response: ServerResponse): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    // A fault changes the body's length; chunked encoding needs none.
    else if (colon > 0 && name.toLowerCase() !== "content-length")
      response.appendHeader(name, value);
  }
  response.writeHead(status);
}

async function* applyFault(
  body: AsyncIterable<Buffer>,
  fault: Fault | undefined,
): AsyncGenerator<Buffer> {
  if (fault === undefined) return yield* body;
  if (fault.kind === "corrupt") {
    let offset = 0;
    for await (const chunk of body) {
      const at = fault.atByte - offset;
      if (at >= 0 && at < chunk.length) chunk[at] = ~(chunk[at] ?? 0);
      offset += chunk.length;
      yield chunk;
    }
    return;
  }
  const limit = "afterBytes" in fault ? fault.afterBytes : 0;
  let passed = 0;
  for await (const chunk of body) {
    const room = Math.max(0, limit - passed);
    if (room > 0) yield chunk.subarray(0, room);
    passed += chunk.length;
    if (fault.kind === "drip") {
      for (const byte of chunk.subarray(room)) {
        await new Promise((resolve) => setTimeout(resolve, fault.everyMs));
        yield Buffer.from([byte]);
      }
    } else if (passed > limit) {
      break;
    }
  }
  const zeros = Buffer.alloc(65_536);
  while (fault.kind === "flood") yield zeros;
}
