import { Server, ServerCredentials } from "@grpc/grpc-js";
import { systemClock } from "../lib/clock.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { type Call, type CallContext, serveCall } from "./call.js";
import { defaultRoleBindings } from "./certificate-role.js";
import { createDoubts } from "./doubts.js";
import { readRequest } from "./requests.js";
import { createResourceViews } from "./resource-views.js";
import { createResponses } from "./responses.js";
import { createSendBudget } from "./send-budget.js";
import type { EnvoyId, EnvoyStatus, ServeEvent } from "./serve-events.js";
import { rawMethod, xdsServices } from "./services.js";
import { createStreamTable } from "./stream-table.js";
import { ReloadableCredentials, type TlsMaterial, type TlsOptions } from "./tls.js";

export interface AdsServerOptions {
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Absent: plain text, which belongs on loopback or in a mesh only. */
  readonly tls?: TlsOptions;
  /**
   * Largest request in bytes. A delta client that connects again names every resource it has: about
   * 100 bytes each. Sensible: 4 MiB and up. Default: 64 MiB.
   */
  readonly maxRequestBytes?: number;
  /**
   * A response that may be split is split above this many bytes: delta, and state of the world of
   * EDS, RDS and SDS. Clients other than Envoy often take 4 MiB at most. Default: 3.5 MiB.
   */
  readonly maxResponseBytes?: number;
  /** Streams beyond this many are refused with RESOURCE_EXHAUSTED. Default: 20,000. */
  readonly maxStreams?: number;
  /** A connection that is silent for this many milliseconds is sent a ping. Default: 30,000. */
  readonly keepaliveMs?: number;
  /**
   * Resources expire at the client this many milliseconds after they, or a heartbeat for them, were
   * sent; heartbeats come three times as often. Only for clients that support it, which Envoys on
   * state of the world do not. Default: they do not expire. Sensible: minutes, and more than a restart
   * takes.
   */
  readonly resourceTtlMs?: number;
  /**
   * On an aggregated stream, listeners and routes wait this many milliseconds at most for the client to
   * acknowledge clusters that are new to it, which Envoy does when they are warm. Sensible: 0 (they do
   * not wait) to 2,000. Default: 500.
   */
  readonly warmingMs?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls `action` again and again until what it gives is called. Default: an interval timer. */
  readonly repeat?: (everyMs: number, action: () => void) => () => void;
  /** Calls `action` once, unless what it gives is called before. Default: a timer. */
  readonly after?: (ms: number, action: () => void) => () => void;
  /** Is told of a bug that ended one stream. Default: nobody is. */
  readonly onFault?: (fault: unknown) => void;
}

/** How far the connected Envoys are with what is served. */
export interface Progress {
  readonly streams: number;
  /** Streams that have acknowledged all they were sent, and to which nothing is left to send. */
  readonly current: number;
  /** Streams whose last answer to a type is a NACK. */
  readonly rejecting: number;
}

/** Serves snapshots to Envoys, over state of the world and delta, aggregated and by single services. */
export interface AdsServer {
  /** Rejects with an `Error` whose message names the address if it cannot be had. */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /**
   * Serves a snapshot from now on. Streams that came before the first one are held until then, and those of
   * a role for which `isAwaited` until a snapshot has it. Default: no role is awaited.
   */
  publish(snapshot: Snapshot, isAwaited?: (role: string) => boolean): void;
  /** Calls `listener` for every event; what it gives stops that. */
  onEvent(listener: (event: ServeEvent) => void): () => void;
  /** All connected Envoys that have said who they are. */
  envoys(): readonly EnvoyStatus[];
  /** Default: of all. */
  progress(concerns?: (envoy: EnvoyId) => boolean): Progress;
  /**
   * New connections use these. Throws, and keeps the old ones, if they are no certificates, if the server
   * has no TLS, or if a CA for clients came or went.
   */
  replaceTls(material: TlsMaterial): void;
  /** Takes no more streams, and ends all that there are with UNAVAILABLE: Envoy connects again. */
  close(): Promise<void>;
}

const mebibyte = 1024 * 1024;
/** How long a client may take to see the end of its streams. */
const closeGraceMs = 1_000;

/** Makes a server that does not listen yet. */
export function createAdsServer(options: AdsServerOptions): AdsServer {
  const listeners = new Set<(event: ServeEvent) => void>();
  const views = createResourceViews();
  const responses = createResponses(options.maxResponseBytes ?? 3.5 * mebibyte);
  const streams = createStreamTable();
  let closing = false;
  let stopHeartbeats = (): void => undefined;

  const server = new Server({
    "grpc.max_receive_message_length": options.maxRequestBytes ?? 64 * mebibyte,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": options.keepaliveMs ?? 30_000,
    "grpc.keepalive_timeout_ms": 20_000,
    "grpc.enable_channelz": 0,
  });
  const credentials = options.tls && new ReloadableCredentials(options.tls);

  const context: CallContext = {
    streams,
    views,
    responses,
    doubts: createDoubts(),
    sendBudget: createSendBudget(),
    ttlMs: options.resourceTtlMs,
    maxStreams: options.maxStreams ?? 20_000,
    roleBindings: options.tls?.clientCa && (options.tls.roleBindings ?? defaultRoleBindings),
    now: options.now,
    warmingMs: options.warmingMs ?? 500,
    after: options.after ?? systemClock.after,
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    onFault: options.onFault ?? (() => undefined),
  };

  for (const service of xdsServices) {
    const { sotwMethod, deltaMethod } = service;
    server.addService(
      {
        [sotwMethod]: rawMethod(service, sotwMethod),
        [deltaMethod]: rawMethod(service, deltaMethod),
      },
      {
        [sotwMethod]: (call: Call) => {
          serveCall(call, service, "sotw", context);
        },
        [deltaMethod]: (call: Call) => {
          serveCall(call, service, "delta", context);
        },
      },
    );
  }

  return {
    listen() {
      // Loads the descriptors of requests, which takes longer than anything that the first one needs.
      for (const variant of ["sotw", "delta"] as const)
        readRequest(variant, new Uint8Array(), true);
      const host = options.host ?? "127.0.0.1";
      const address = `${host.includes(":") ? `[${host}]` : host}:${options.port}`;
      return new Promise((resolve, reject) => {
        const security = credentials ?? ServerCredentials.createInsecure();
        server.bindAsync(address, security, (cause, port) => {
          if (cause !== null) {
            reject(new Error(`cannot listen on ${address}: ${cause.message}`, { cause }));
            return;
          }
          if (options.resourceTtlMs !== undefined) {
            const repeat = options.repeat ?? repeatByTimer;
            stopHeartbeats = repeat(options.resourceTtlMs / 3, streams.heartbeat);
          }
          resolve({ host, port });
        });
      });
    },
    publish(snapshot, isAwaited) {
      if (closing) return;
      views.age();
      responses.age();
      streams.publish(snapshot, isAwaited);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    envoys: () => streams.list().map((stream) => stream.status()),
    progress(concerns = () => true) {
      const states = streams
        .list()
        .filter(({ envoy }) => concerns(envoy))
        .map((stream) => stream.settled());
      const count = (state: string): number => states.filter((each) => each === state).length;
      return { streams: states.length, current: count("current"), rejecting: count("rejected") };
    },
    replaceTls(material) {
      if (credentials === undefined) throw new Error("the server was started without TLS");
      credentials.replace(material);
    },
    async close() {
      closing = true;
      stopHeartbeats();
      streams.close();
      const graceful = new Promise((resolve) => server.tryShutdown(resolve));
      const timer = setTimeout(() => {
        server.forceShutdown();
      }, closeGraceMs);
      await graceful;
      clearTimeout(timer);
    },
  };
}

function repeatByTimer(everyMs: number, action: () => void): () => void {
  const timer = setInterval(action, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
