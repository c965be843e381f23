import type { FastifyInstance } from "fastify";
import type { Reconciler } from "../reconcile/reconciler.js";
import type { HealthResponse } from "./api-types.js";
import type { Metrics } from "./metrics/metrics.js";
import type { RequestGuard } from "./request-guard.js";

export interface HealthOptions {
  readonly reconcilers: readonly Pick<Reconciler, "serving">[];
  readonly metrics: Metrics;
  readonly guard: RequestGuard;
}

/** What orchestrators and Prometheus ask. The probes tell nothing, so everyone may ask them. */
export function addHealthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { reconcilers, metrics, guard: onRequest } = options;

  app.get("/healthz", (): HealthResponse => ({ status: "ok" }));

  app.get("/readyz", (_request, reply) => {
    const response: HealthResponse = reconcilers.every(
      (reconciler) => reconciler.serving() !== undefined,
    )
      ? { status: "ok" }
      : { status: "not-ready", message: notReadyOf(reconcilers.length) };
    return reply.code(response.status === "ok" ? 200 : 503).send(response);
  });

  app.get("/metrics", { onRequest }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}

function notReadyOf(configs: number): string {
  return configs === 1 ? "no snapshot is served yet" : "not every environment is served yet";
}
