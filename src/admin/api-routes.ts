import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Snapshot } from "../snapshot/snapshot.js";
import { nearest } from "../lib/nearest.js";
import { ApiError } from "./api-error.js";
import type {
  CommitDetail,
  CommitsResponse,
  EnvoysResponse,
  ReconcileResponse,
  StatusResponse,
  TurnResponse,
} from "./api-types.js";
import { commitDetail } from "./commit-view.js";
import { typeUrlOf, writeConfigDump, type DumpFilter } from "./config-dump.js";
import { envoyView } from "./envoy-view.js";
import { findCommit } from "./find-commit.js";
import { turnResponse } from "./order-view.js";
import { badRequest, readQuery } from "./read-query.js";
import type { RequestGuard } from "./request-guard.js";
import { statusOfWatched } from "./status-view.js";
import type { WatchedFinder } from "./watched.js";

export interface ApiOptions {
  /** What the paths begin with: `/api/v1`. */
  readonly base: string;
  readonly watched: WatchedFinder;
  readonly guard: RequestGuard;
}

/** What shows one config, and has it looked at. */
export function addApiRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { base, watched, guard: onRequest } = options;

  app.get(`${base}/status`, { onRequest }, (request): StatusResponse =>
    statusOfWatched(watched.of(request)),
  );

  app.get(`${base}/commits`, { onRequest }, (request): CommitsResponse => {
    const { reconciler } = watched.of(request);
    const limit = readLimit(readQuery(request, ["limit"]).limit);
    return { commits: reconciler.commits().slice(0, limit).map(commitDetail) };
  });

  app.get(`${base}/commits/:oid`, { onRequest }, (request): CommitDetail => {
    const { reconciler } = watched.of(request);
    readQuery(request, []);
    const { oid } = request.params as { readonly oid: string };
    return commitDetail(findCommit(reconciler.commits(), oid));
  });

  app.get(`${base}/envoys`, { onRequest }, (request): EnvoysResponse => {
    readQuery(request, []);
    return { envoys: watched.envoysOf(request).envoys().map(envoyView) };
  });

  app.get(`${base}/config-dump`, { onRequest }, (request, reply) => {
    const snapshot = watched.of(request).reconciler.serving()?.snapshot;
    if (snapshot === undefined) throw notReady();
    const pieces = writeConfigDump(snapshot, readFilter(request, snapshot), request.signal);
    return reply
      .type("application/json; charset=utf-8")
      .send(Readable.from(pieces, { objectMode: true }));
  });

  app.post(`${base}/reconcile`, { onRequest }, (request, reply) => {
    const { reconciler } = watched.of(request);
    const { force = "false" } = readQuery(request, ["force"]);
    if (force !== "true" && force !== "false") throw badRequest('"force" must be true or false');
    const turn = reconciler.wake("request", force === "true" ? { force: true } : {});
    const message = force === "true" ? "looking, and judging again" : "looking";
    return reply.code(202).send({ accepted: true, message, turn } satisfies ReconcileResponse);
  });

  app.get(`${base}/turns/:number`, { onRequest }, (request): TurnResponse => {
    const { reconciler } = watched.of(request);
    readQuery(request, []);
    const { number } = request.params as { readonly number: string };
    if (!/^[1-9]\d{0,14}$/.test(number)) throw badRequest("turns are counted from 1");
    return turnResponse(Number(number), reconciler.turn(Number(number)));
  });
}

/** The answer while no snapshot is served. */
export function notReady(): ApiError {
  return new ApiError(503, "api/not-ready", "nothing is served yet; /api/v1/status says why");
}

const maxCommits = 500;

function readLimit(text = "20"): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= maxCommits) return limit;
  throw badRequest(`"limit" must be a whole number from 1 to ${maxCommits}`);
}

function readFilter(request: FastifyRequest, snapshot: Snapshot): DumpFilter {
  const { role, type } = readQuery(request, ["role", "type"]);
  const typeUrl = type === undefined ? undefined : typeUrlOf(type);
  if (type !== undefined && typeUrl === undefined) {
    throw badRequest(
      '"type" must be cluster, endpoints, listener, route or secret, or the type URL of one',
    );
  }
  if (role !== undefined && !snapshot.roles.has(role)) {
    const near = nearest(role, snapshot.roles.keys());
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    throw new ApiError(
      404,
      "api/not-found",
      `there is no role ${JSON.stringify(role.slice(0, 100))}${hint}`,
    );
  }
  return { ...(role === undefined ? {} : { role }), ...(typeUrl === undefined ? {} : { typeUrl }) };
}
