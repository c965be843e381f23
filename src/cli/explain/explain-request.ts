import { resolve } from "node:path";
import { nearest } from "../../lib/nearest.js";
import type { SourceLocation } from "../../model/location.js";
import { compileRouteTable } from "../../routing/compile-route-table.js";
import { matchRequest, type Match } from "../../routing/match-request.js";
import { createFunctionRenderer } from "../../routing/render-function.js";
import { splitAuthority, type ClientRequest } from "../../routing/request.js";
import type { RouteTable } from "../../routing/route-table.js";
import type { BuiltConfig } from "../check/build-config.js";
import { enclosingRepository, isUrl, type ConfigTarget } from "../check/config-tree.js";
import type { Io } from "../io.js";
import { nearestMisses, reasonsOf, type Explanation } from "./explanation.js";
import { lastChangeOf, type LastChange } from "./last-change.js";

/** Finds out all that is to be said of a request. `limit`: of the routes that do not answer. */
export async function explainRequest(
  built: BuiltConfig,
  request: ClientRequest,
  { target, limit, io }: { readonly target: ConfigTarget; readonly limit: number; readonly io: Io },
): Promise<Explanation> {
  const table = compileRouteTable(built);
  const match = matchRequest(table, request, createFunctionRenderer(built.config));
  const under = (location: SourceLocation | undefined): SourceLocation | undefined =>
    location && { ...location, file: built.source.prefix + location.file };
  const location = match.route?.location;
  const nearDomain = nearDomainOf(table, match, request);
  return {
    request,
    match,
    location: under(location),
    change: location && (await changeOf(location, built, target, io)),
    misses: nearestMisses(match, limit).map((miss) => ({
      route: miss.route,
      location: under(miss.route.location),
      reasons: reasonsOf(miss, match.route),
    })),
    missCount: match.misses.length,
    ...(nearDomain !== undefined && { nearDomain }),
  };
}

/** Of repositories behind a URL, there is nothing left to ask. */
async function changeOf(
  { file, line }: SourceLocation,
  { commit }: BuiltConfig,
  { where }: ConfigTarget,
  io: Io,
): Promise<LastChange | undefined> {
  if (isUrl(where)) return undefined;
  const folder = resolve(io.cwd, where);
  // What is read at a commit has paths from the root of the repository.
  const base = commit === undefined ? folder : enclosingRepository(folder, where);
  return lastChangeOf({ folder: base, file, line, commit }, io);
}

function nearDomainOf(
  { roles }: RouteTable,
  { verdict, role }: Match,
  { authority }: ClientRequest,
): string | undefined {
  if (verdict.kind !== "no-route" || verdict.why !== "no-host") return undefined;
  const listeners = roles.find((own) => own.role === role)?.listeners ?? [];
  const hosts = listeners.flatMap(({ chains }) => chains).flatMap((chain) => chain.hosts);
  return nearest(
    splitAuthority(authority).name,
    hosts.flatMap(({ domains }) => domains),
  );
}
