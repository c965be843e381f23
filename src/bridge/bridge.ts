import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { equalInConstantTime } from "../admin/constant-time.js";
import type { SecretFile } from "../admin/secret-file.js";
import { tokenHeader } from "../messages/call-headers.js";
import type { SubjectFilter } from "../messages/subject.js";
import { BridgeError } from "./bridge-error.js";
import { createBridgeMetrics } from "./bridge-metrics.js";
import { deliver, type Answer } from "./deliver.js";
import { messageHeaders, messageId } from "./message-headers.js";
import { openNatsLink, type LinkEvent, type NatsLink } from "./nats-link.js";
import type { NatsOptions } from "./nats-options.js";
import { isCall, readCall, type Call } from "./read-call.js";
import { readBody } from "./read-body.js";

export interface BridgeOptions {
  readonly nats: NatsOptions;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** What the gateway has to show. Undefined is for loopback only. */
  readonly token: SecretFile | undefined;
  /** The subjects that may be published to. None: all. */
  readonly allowed: readonly SubjectFilter[];
  /** Headers of requests that messages get besides the usual ones, in lower case. */
  readonly extraHeaders: ReadonlySet<string>;
  /** How long an acknowledgement or a reply may take. Default of the command: 5,000. */
  readonly timeoutMs: number;
  /** A message that is larger is refused. Default of the command: 1 MiB. */
  readonly maxBodyBytes: number;
  readonly log: Logger;
}

/** From HTTP to NATS: each request that the gateway gives a subject is published to it. */
export interface Bridge {
  /** Rejects with node's own error if the address cannot be had. */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Answers what is under way, takes nothing new, and ends the connection to NATS. */
  close(): Promise<void>;
}

/** Envoy sends large ones, up to 60 KiB, where node would take 16. */
const maxHeaderBytes = 64 * 1024;
const requestTimeoutMs = 60_000;
/** Longer than Envoy keeps a connection that it does not use, so that no request meets one that ends. */
const keepAliveTimeoutMs = 65 * 60_000;
/** How much longer than a message may take the end of the bridge is put off. */
const closeGraceMs = 1_000;

/** Makes a bridge that connects to NATS at once, and does not listen yet. */
export function createBridge(options: BridgeOptions): Bridge {
  const { host, port, log, timeoutMs } = options;
  const link = openNatsLink({
    nats: options.nats,
    onEvent: logLinkEvents(log),
    random: Math.random,
  });
  const site: Site = { options, link, isClosing: false };
  const metrics = createBridgeMetrics(() => link.connection !== undefined);
  const server = createServer({ maxHeaderSize: maxHeaderBytes, requestTimeout: requestTimeoutMs });
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.on("request", (request, response) => {
    void (async () => {
      if (!isCall(request.headers)) return await answerAbout(request, response, site, metrics.page);
      const startedAt = performance.now();
      const { mode, answer } = await answerCall(request, site);
      // A connection that ends says so before the gateway uses it again.
      if (site.isClosing) response.setHeader("connection", "close");
      send(response, answer);
      metrics.observe(mode, answer.status, (performance.now() - startedAt) / 1000);
    })().catch((cause: unknown) => {
      log.error({ err: cause }, "a bug in the bridge");
      response.destroy();
    });
  });
  return {
    async listen() {
      server.listen({ host, port });
      await once(server, "listening");
      // The server listens on a port, not on a pipe.
      const address = server.address() as AddressInfo;
      return { host, port: address.port };
    },
    async close() {
      site.isClosing = true;
      await closeServer(server, timeoutMs + closeGraceMs);
      await link.close();
    },
  };
}

interface Site {
  readonly options: BridgeOptions;
  readonly link: NatsLink;
  isClosing: boolean;
}

interface Outcome {
  /** Empty if the request does not say. */
  readonly mode: string;
  readonly answer: Answer;
}

/** Publishes what a request holds, or says why not. */
async function answerCall(request: IncomingMessage, site: Site): Promise<Outcome> {
  const { log, allowed, token } = site.options;
  let call: Call | undefined;
  try {
    await checkToken(request, token);
    call = readCall(request.headers, allowed);
    const answer = await publish(request, call, site);
    log.debug({ ...call, status: answer.status }, "published");
    return { mode: call.mode, answer };
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    const { status, message } = cause;
    const reason = cause.cause instanceof Error ? cause.cause.message : undefined;
    log.warn({ ...call, status, reason }, message);
    const body = Buffer.from(`${message}\n`);
    return {
      mode: call?.mode ?? "",
      answer: { status, contentType: "text/plain; charset=utf-8", body },
    };
  }
}

/** Before anything else is read: who does not know the token learns nothing. */
async function checkToken(request: IncomingMessage, file: SecretFile | undefined): Promise<void> {
  if (file === undefined) return;
  const given = request.headers[tokenHeader];
  const tokens = await file.read().catch((cause: unknown) => {
    throw new BridgeError(500, "the bridge cannot read its token", { cause });
  });
  // All of them are compared, whichever is right.
  const right = tokens.map((own) => typeof given === "string" && equalInConstantTime(given, own));
  if (!right.includes(true)) throw new BridgeError(401, "the gateway has not shown its token");
}

async function publish(request: IncomingMessage, call: Call, site: Site): Promise<Answer> {
  const { link, options } = site;
  const { timeoutMs, maxBodyBytes, extraHeaders } = options;
  const body = await readBody(request, maxBodyBytes);
  const { connection } = link;
  if (connection === undefined) throw new BridgeError(500, "there is no connection to NATS");
  const { subject } = call;
  const id = call.mode === "jetstream" ? messageId(request.headers, subject) : undefined;
  const headers = messageHeaders(request.headers, extraHeaders, id);
  const denials = link.denials(subject);
  const answer = await deliver(connection, { ...call, headers, body, timeoutMs });
  if (link.denials(subject) > denials) {
    throw new BridgeError(500, "NATS does not let the bridge publish to this subject");
  }
  return answer;
}

/** What is asked of the bridge itself, by whoever can reach it. */
async function answerAbout(
  { method, url = "" }: IncomingMessage,
  response: ServerResponse,
  { link, isClosing }: Site,
  metrics: () => Promise<{ readonly contentType: string; readonly text: string }>,
): Promise<void> {
  const say = (status: number, text: string): void => {
    send(response, { status, contentType: "text/plain; charset=utf-8", body: Buffer.from(text) });
  };
  const path = method === "GET" || method === "HEAD" ? url : "";
  if (path === "/healthz") return say(200, "ok\n");
  if (path === "/readyz") {
    if (isClosing) return say(503, "ending\n");
    return link.connection === undefined ? say(503, "not connected to NATS\n") : say(200, "ok\n");
  }
  if (path === "/metrics") {
    const { contentType, text } = await metrics();
    return send(response, { status: 200, contentType, body: Buffer.from(text) });
  }
  say(400, "the request names no subject\n");
}

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    ...(contentType !== undefined && { "content-type": contentType }),
    "content-length": body?.length ?? 0,
  });
  response.end(body);
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, graceMs);
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}

/** A server that stays away is reported once for each reason, not at every attempt. */
function logLinkEvents(log: Logger): (event: LinkEvent) => void {
  let last = "";
  return (event) => {
    if (event.kind === "connected") {
      last = "";
      log.info({ server: event.server }, "connected to NATS");
      return;
    }
    if (event.reason === last) return;
    last = event.reason;
    const { reason } = event;
    log.warn({ reason }, event.kind === "lost" ? "lost NATS" : "cannot connect to NATS");
  };
}
