import type { FastifyInstance } from "fastify";
import type { EnvironmentsResponse, EnvironmentSummary, StatusResponse } from "./api-types.js";
import { fleetView } from "./envoy-view.js";
import { readQuery } from "./read-query.js";
import type { RequestGuard } from "./request-guard.js";
import { fleetProblems, rolesToAskFor, statusOfWatched } from "./status-view.js";
import type { Watched, WatchedEnvironments } from "./watched.js";

export interface EnvironmentRouteOptions {
  readonly watched: Watched | WatchedEnvironments;
  readonly guard: RequestGuard;
}

/** `GET /api/v1/environments`: how each is. */
export function addEnvironmentRoutes(
  app: FastifyInstance,
  { watched, guard: onRequest }: EnvironmentRouteOptions,
): void {
  app.get("/api/v1/environments", { onRequest }, (request): EnvironmentsResponse => {
    readQuery(request, []);
    return "environments" in watched ? environmentsView(watched) : withoutEnvironments(watched);
  });
}

function withoutEnvironments(watched: Watched): EnvironmentsResponse {
  const { version, health } = statusOfWatched(watched);
  return { version, health, problems: [], environments: [] };
}

function environmentsView(watched: WatchedEnvironments): EnvironmentsResponse {
  const environments = [...watched.environments].map(([name, of]) => summaryOf(name, of));
  const roles = environments.flatMap((environment) => environment.roles);
  const problems = [
    ...fleetProblems(fleetView(watched.strangers.envoys()), roles),
    ...watched.problems(),
  ];
  const healths = environments.map(({ health }) => health);
  return {
    version: watched.version,
    health: worst(problems.length > 0 ? [...healths, "degraded"] : healths),
    problems,
    environments,
  };
}

function summaryOf(name: string, watched: Watched): EnvironmentSummary {
  const status = statusOfWatched(watched);
  const { ready, health, problems, source, orders, serving, head, envoys, held } = status;
  const roles = rolesToAskFor({ about: watched.about, serving: watched.reconciler.serving() });
  const shown = { ready, health, problems, source, orders, serving, head, envoys };
  return { name, roles, ...shown, held: held.length };
}

function worst(healths: readonly StatusResponse["health"][]): StatusResponse["health"] {
  if (healths.includes("starting")) return "starting";
  return healths.includes("degraded") ? "degraded" : "ok";
}
