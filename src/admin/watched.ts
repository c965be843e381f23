import type { FastifyRequest } from "fastify";
import { nearest } from "../lib/nearest.js";
import type { Reconciler } from "../reconcile/reconciler.js";
import type { AdsServer } from "../serve/ads-server.js";
import { ApiError } from "./api-error.js";
import type { GaugeSources } from "./metrics/gauges.js";
import type { About } from "./about.js";

/** One config that is watched and served. */
export interface Watched {
  readonly about: About;
  readonly reconciler: Reconciler;
  readonly ads: Pick<AdsServer, "envoys" | "onEvent">;
  /** What needs a look besides what the reconciler knows, one sentence each. */
  readonly problems: () => readonly string[];
  /** What came of telling others about commits. Default: nobody is told. */
  readonly reports?: NonNullable<GaugeSources["reports"]>;
}

/** Several configs, by the names of their environments, and what they share. */
export interface WatchedEnvironments {
  readonly environments: ReadonlyMap<string, Watched>;
  /** Of the product. */
  readonly version: string;
  /** Of all environments; roles are called as Envoys call them. */
  readonly ads: Pick<AdsServer, "envoys">;
  /** Envoys that belong to no environment. */
  readonly strangers: Pick<AdsServer, "envoys">;
  readonly problems: () => readonly string[];
}

/** Finds what a request is about. */
export interface WatchedFinder {
  /** Throws an {@link ApiError} that says which environments there are. */
  of(request: FastifyRequest): Watched;
  /** The Envoys of what a request is about; without an environment, all there are. */
  envoysOf(request: FastifyRequest): Pick<AdsServer, "envoys">;
}

/** Where the routes of one config are: with and without the name of an environment. */
export const apiBases = ["/api/v1", "/api/v1/environments/:environment"] as const;

/** Finds by the part `:environment` of a request's path. */
export function createWatchedFinder(watched: Watched | WatchedEnvironments): WatchedFinder {
  const of = (request: FastifyRequest): Watched => {
    const { environment } = request.params as { readonly environment?: string };
    return "environments" in watched
      ? environmentOf(watched, environment)
      : onlyOne(watched, environment);
  };
  return {
    of,
    envoysOf(request) {
      const { environment } = request.params as { readonly environment?: string };
      const isOfAll = "environments" in watched && environment === undefined;
      return isOfAll ? watched.ads : of(request).ads;
    },
  };
}

function onlyOne(watched: Watched, name: string | undefined): Watched {
  if (name === undefined) return watched;
  throw new ApiError(
    404,
    "api/unknown-environment",
    "this control plane serves one config, which is in no environment; leave its name out",
  );
}

function environmentOf({ environments }: WatchedEnvironments, name: string | undefined): Watched {
  const names = [...environments.keys()];
  if (name === undefined) {
    throw new ApiError(
      409,
      "api/environment-needed",
      `this control plane serves several environments: ${names.join(", ")}; say which one`,
    );
  }
  const found = environments.get(name);
  if (found !== undefined) return found;
  const near = nearest(name, names);
  throw new ApiError(
    404,
    "api/unknown-environment",
    `there is no environment ${JSON.stringify(name.slice(0, 100))}; ` +
      (near === undefined ? `there is ${names.join(", ")}` : `did you mean "${near}"?`),
  );
}
