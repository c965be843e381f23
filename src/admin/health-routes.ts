import type { FastifyInstance } from "fastify";
import type { Reconciler } from "../reconcile/reconciler.js";
import type { HealthResponse } from "./api-types.js";
import type { Metrics } from "./metrics/metrics.js";
import type { RequestGuard } from "./request-guard.js";

export interface HealthOptions {
  readonly reconciler: Pick<Reconciler, "serving">;
  readonly metrics: Metrics;
  readonly guard: RequestGuard;
}

/** What orchestrators and Prometheus ask. The probes tell nothing, so everyone may ask them. */
export function addHealthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { reconciler, metrics, guard: onRequest } = options;

  app.get("/healthz", (): HealthResponse => ({ status: "ok" }));

  app.get("/readyz", (_request, reply) => {
    const response: HealthResponse =
      reconciler.serving() === undefined
        ? { status: "not-ready", message: "no snapshot is served yet" }
        : { status: "ok" };
    return reply.code(response.status === "ok" ? 200 : 503).send(response);
  });

  app.get("/metrics", { onRequest }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}
