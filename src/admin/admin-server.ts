import {
  createServer,
  type RequestListener,
  type Server as HttpServer,
  type ServerOptions,
} from "node:http";
import { createServer as createTlsServer, Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { fastify } from "fastify";
import { invariant } from "../lib/invariant.js";
import { answerBadPath, answerClientError, answerErrors } from "./answer-errors.js";
import { addApiRoutes } from "./api-routes.js";
import { addEnvironmentRoutes } from "./environment-routes.js";
import { addHealthRoutes } from "./health-routes.js";
import { addHookRoutes } from "./hooks/hook-routes.js";
import { createEnvironmentMetrics } from "./metrics/environment-metrics.js";
import { createMetrics } from "./metrics/metrics.js";
import { addOrderRoutes } from "./order-routes.js";
import { createRateLimit } from "./rate-limit.js";
import { createRequestGuard } from "./request-guard.js";
import type { SecretFile } from "./secret-file.js";
import { securityHeaders } from "./security-headers.js";
import {
  apiBases,
  createWatchedFinder,
  type Watched,
  type WatchedEnvironments,
} from "./watched.js";

export interface AdminServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** What is shown, and told what people want. */
  readonly watched: Watched | WatchedEnvironments;
  /** Undefined: plain HTTP. */
  readonly tls: AdminTls | undefined;
  /** Undefined is for loopback only. */
  readonly token: SecretFile | undefined;
  /** Undefined: webhooks are refused. */
  readonly hookSecret: SecretFile | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Is told of bugs, and of secrets that cannot be read. */
  readonly onFault: (fault: unknown) => void;
}

/** What an https server shows of itself. PEM. */
export interface AdminTls {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
}

/** The HTTP server for people, Prometheus, orchestrators and Git hosts. */
export interface AdminServer {
  /** Rejects with node's own error if the address cannot be had. */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** New connections use these. Throws if they are no certificates; then the old ones stay. */
  replaceTls(tls: AdminTls): void;
  /** Lets requests under way end, for a second at most. */
  close(): Promise<void>;
}

const maxBodyBytes = 16 * 1024;
const maxConnections = 1_000;
/** A request must have arrived, and an answer must have begun, within this time. */
const timeoutMs = 10_000;
const closeGraceMs = 1_000;
const wrongTokens = { burst: 10, perSecond: 0.2, maxSources: 10_000 };

/** Makes a server that does not listen yet. */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  const { host, port, watched, now } = options;
  const all = "environments" in watched ? [...watched.environments.values()] : [watched];
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    handlerTimeout: timeoutMs,
    forceCloseConnections: "idle",
    serverFactory: (handler) => createHttpServer(options.tls, handler),
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error, _request, reply) => {
      answerBadPath(reply);
    },
  });
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(securityHeaders);
    done();
  });
  answerErrors(app, options.onFault);

  const metrics =
    "environments" in watched
      ? createEnvironmentMetrics(watched)
      : createMetrics({ ...watched, version: watched.about.version });
  const failures = createRateLimit({ ...wrongTokens, now });
  const guard = createRequestGuard({ token: options.token, failures });
  addHealthRoutes(app, { reconcilers: all.map(({ reconciler }) => reconciler), metrics, guard });
  addEnvironmentRoutes(app, { watched, guard });
  const finder = createWatchedFinder(watched);
  for (const base of apiBases) {
    addApiRoutes(app, { base, watched: finder, guard });
    addOrderRoutes(app, { base, watched: finder, guard, now });
  }
  addHookRoutes(app, {
    secret: options.hookSecret,
    targets: all.map(({ about, reconciler }) => ({
      watchedRef: about.ref,
      wake: (reason, wake) => {
        reconciler.wake(reason, wake);
      },
    })),
    now,
    onHook: (kind, result) => {
      metrics.countHook(kind, result);
    },
  });

  return {
    async listen() {
      await app.listen({ host, port });
      // The server listens on a port, not on a pipe.
      const address = app.server.address() as AddressInfo;
      return { host, port: address.port };
    },
    replaceTls(tls) {
      const { server } = app;
      invariant(server instanceof HttpsServer, "the admin server was started without TLS");
      server.setSecureContext(secureContextOf(tls));
    },
    async close() {
      const timer = setTimeout(() => {
        app.server.closeAllConnections();
      }, closeGraceMs);
      await app.close();
      clearTimeout(timer);
      metrics.close();
    },
  };
}

function createHttpServer(tls: AdminTls | undefined, handler: RequestListener): HttpServer {
  const limits: ServerOptions = {
    requestTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    connectionsCheckingInterval: timeoutMs / 10,
    keepAliveTimeout: 6 * timeoutMs,
  };
  const server =
    tls === undefined
      ? createServer(limits, handler)
      : createTlsServer({ ...limits, ...secureContextOf(tls) }, handler);
  server.maxConnections = maxConnections;
  server.timeout = 6 * timeoutMs;
  return server;
}

function secureContextOf({ certificate, privateKey }: AdminTls): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: certificate,
    key: privateKey,
    minVersion: "TLSv1.2",
  };
  createSecureContext(context); // throws here rather than at the next connection
  return context;
}
