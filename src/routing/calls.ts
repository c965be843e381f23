import { replaceAll } from "./regex.js";
import { withoutQuery } from "./request-path.js";
import type { SeenRequest } from "./judge-route.js";
import type {
  CompiledRoute,
  Forward,
  HeaderEdits,
  HostRewrite,
  HostRoutes,
  PathCondition,
  PathRewrite,
  Redirect,
  RouteDestination,
} from "./route-table.js";
import { splitAuthority } from "./request.js";

/** What a back end is asked, in one of the ways that a route may choose. */
export interface Call {
  readonly destination: RouteDestination;
  /** How many of the requests go this way: 0 to 1. */
  readonly share: number;
  readonly method: string;
  readonly path: string;
  /** Undefined: the host name of the address that is chosen. */
  readonly host: string | undefined;
  /** By name in lower case, without those that Envoy adds to every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** What only a running Envoy knows: `path`, `body`, or names of headers. */
  readonly unknown: readonly string[];
  /** The request that a function cannot be called with: Envoy answers it itself. */
  readonly refusal?: { readonly status: number; readonly reason: string };
}

/** A request on its way to a back end. */
export interface OutgoingRequest extends SeenRequest {
  readonly body: string | undefined;
}

/** What a function makes of a request before the route's own edits. */
export interface RenderedRequest {
  readonly request: OutgoingRequest;
  readonly unknown: readonly string[];
  readonly refusal?: { readonly status: number; readonly reason: string };
}

/** Fills in the templates of the function that a destination calls. */
export type RenderFunction = (
  route: CompiledRoute,
  destination: RouteDestination,
  request: OutgoingRequest,
) => RenderedRequest;

/** What each destination of a route is asked, in their order; those without weight are left out. */
export function callsOf(
  outcome: Forward,
  { route, host }: { readonly route: CompiledRoute; readonly host: HostRoutes },
  request: OutgoingRequest,
  render: RenderFunction,
): readonly Call[] {
  const total = outcome.destinations.reduce((sum, { weight }) => sum + weight, 0);
  return outcome.destinations
    .filter(({ weight }) => weight > 0)
    .map((destination): Call => {
      const rendered = render(route, destination, request);
      const edits = [destination.requestHeaders, route.requestHeaders, host.requestHeaders];
      const headers = new Map(rendered.request.headers);
      const unknown = new Set(rendered.unknown);
      for (const one of edits) editHeaders(headers, one, rendered.request, unknown);
      const path = rewritePath(rendered.request.path, outcome.path, route.match.path);
      if (path === undefined) unknown.add("path");
      return {
        destination,
        share: destination.weight / total,
        method: rendered.request.method,
        path: path ?? rendered.request.path,
        host: rewriteHost(destination.host ?? outcome.host, rendered.request),
        headers: Object.fromEntries(headers),
        body: rendered.request.body,
        unknown: [...unknown],
        ...(rendered.refusal && { refusal: rendered.refusal }),
      };
    });
}

/** Removes, then adds, as Envoy does. */
function editHeaders(
  headers: Map<string, string>,
  { add, remove }: HeaderEdits,
  request: SeenRequest,
  unknown: Set<string>,
): void {
  for (const name of remove) headers.delete(name.toLowerCase());
  for (const { name, value: format, when } of add) {
    const key = name.toLowerCase();
    const before = headers.get(key);
    if (when === "add-if-absent" && before !== undefined) continue;
    if (when === "overwrite-if-exists" && before === undefined) continue;
    const value = formatValue(format, request);
    if (value === undefined) unknown.add(key);
    const after = value ?? format;
    headers.set(key, when === "append" && before !== undefined ? `${before},${after}` : after);
  }
}

/** The text of a format string; undefined if only a running Envoy knows what its commands stand for. */
function formatValue(format: string, request: SeenRequest): string | undefined {
  let isKnown = true;
  const text = format.replaceAll(/%%|%([A-Z_]+)(?:\(([^)]*)\))?%/g, (found, command, argument) => {
    if (found === "%%") return "%";
    const value = command === "REQ" ? requestValue(String(argument), request) : undefined;
    if (value === undefined) isKnown = false;
    return value ?? found;
  });
  return isKnown ? text : undefined;
}

function requestValue(name: string, request: SeenRequest): string | undefined {
  switch (name.toLowerCase()) {
    case ":method":
      return request.method;
    case ":path":
      return request.path;
    case ":authority":
      return request.authority;
    default:
      return request.headers.get(name.toLowerCase());
  }
}

/** The path that a back end is asked for; undefined: only a running Envoy can say. */
export function rewritePath(
  path: string,
  rewrite: PathRewrite | undefined,
  matched: PathCondition,
): string | undefined {
  if (rewrite === undefined) return path;
  if (rewrite.kind === "format") return undefined;
  const bare = withoutQuery(path);
  const query = path.slice(bare.length);
  if (rewrite.kind === "regex") {
    return replaceAll(rewrite.regex, bare, rewrite.substitution) + query;
  }
  const isWhole = matched.kind !== "prefix" && matched.kind !== "segment-prefix";
  return rewrite.text + (isWhole ? query : path.slice(matched.text.length));
}

function rewriteHost(
  rewrite: HostRewrite | undefined,
  { authority, path, headers }: SeenRequest,
): string | undefined {
  switch (rewrite?.kind) {
    case undefined:
      return authority;
    case "literal":
      return rewrite.text;
    case "header":
      return headers.get(rewrite.text.toLowerCase()) ?? authority;
    case "path-regex":
      return replaceAll(rewrite.regex, withoutQuery(path), rewrite.substitution);
    case "upstream":
      return undefined;
  }
}

/** Where a redirect leads. */
export function locationOf(
  redirect: Redirect,
  request: SeenRequest,
  matched: PathCondition,
): string {
  const scheme = redirect.scheme ?? request.scheme;
  const own = splitAuthority(request.authority);
  const isDefaultPort =
    (own.port === 80 && request.scheme === "http") ||
    (own.port === 443 && request.scheme === "https");
  // A port that goes with the old scheme, or that is replaced, does not stay.
  const dropsPort = redirect.port !== undefined || (redirect.scheme !== undefined && isDefaultPort);
  const host = redirect.host ?? (dropsPort ? own.name : request.authority);
  const port = redirect.port === undefined ? "" : `:${redirect.port}`;
  const bare = withoutQuery(request.path);
  const query = redirect.stripQuery ? "" : request.path.slice(bare.length);
  const path = bare + query;
  const { path: change } = redirect;
  if (change === undefined) return `${scheme}://${host}${port}${path}`;
  if (change.kind === "literal") {
    const ownQuery = change.text.includes("?") ? "" : query;
    return `${scheme}://${host}${port}${change.text}${ownQuery}`;
  }
  return `${scheme}://${host}${port}${rewritePath(path, change, matched) ?? path}`;
}
