import { callsOf, locationOf, type Call, type RenderFunction } from "./calls.js";
import { chooseChain, chooseHost, type ChosenHost } from "./choose-host.js";
import { judgeRoute, type Failed, type SeenRequest } from "./judge-route.js";
import { readRequestPath } from "./request-path.js";
import { splitAuthority, type ClientRequest } from "./request.js";
import type {
  ChainRoutes,
  CompiledRoute,
  FilterConfig,
  HostRoutes,
  ListenerRoutes,
  RoleRoutes,
  RouteTable,
} from "./route-table.js";
import { judgeStructuredEvent, missOf, type EventAnswer } from "./structured-event.js";

/** What becomes of a request. */
export type Verdict =
  /** It reaches one of several back ends. */
  | { readonly kind: "forwarded"; readonly calls: readonly Call[] }
  | { readonly kind: "redirected"; readonly status: number; readonly location: string }
  | { readonly kind: "answered"; readonly status: number; readonly body?: string }
  /** Envoy refuses it before there is a route for it. */
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | {
      readonly kind: "no-route";
      readonly why: NoRoute;
      readonly status: number;
      readonly reason: string;
    }
  /** There is nothing that it could be sent to. */
  | { readonly kind: "no-listener"; readonly reason: string }
  /** Only a running Envoy can say. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Whether no virtual host has the domain, or none of its routes matches. */
export type NoRoute = "no-host" | "no-match";

/** A route that did not answer, and why. */
export interface Miss {
  readonly route: CompiledRoute;
  /** None: it would take the request, but one above it does. */
  readonly failed: readonly Failed[];
}

/** Which route answers a request, and what of it was looked at. */
export interface Match {
  readonly verdict: Verdict;
  readonly role?: string;
  readonly listener?: { readonly name: string; readonly address: string; readonly port: number };
  readonly scheme: "http" | "https";
  /** As routes see it; undefined: it did not come so far. */
  readonly request?: SeenRequest;
  /** The domain by which the virtual host was chosen. */
  readonly domain?: string;
  readonly host?: HostRoutes;
  readonly route?: CompiledRoute;
  /** The other routes of the virtual host, in their order. */
  readonly misses: readonly Miss[];
}

/** Leaves requests as they are: for those who only ask for the route. */
export const withoutTemplates: RenderFunction = (_route, destination, request) => ({
  request,
  unknown: destination.function === undefined ? [] : ["path", "host", "body"],
});

/**
 * Finds the route that answers a request, exactly as Envoy chooses: listener and filter chain, path
 * normalisation, virtual host, then the first route whose conditions all hold.
 */
export function matchRequest(
  table: RouteTable,
  client: ClientRequest,
  render: RenderFunction = withoutTemplates,
): Match {
  const { scheme } = client;
  const role = chooseRole(table, client.role);
  if (typeof role === "string") return unreached(scheme, role);
  const entry = chooseEntry(role, client);
  if (typeof entry === "string") return { ...unreached(scheme, entry), role: role.role };
  const { listener, chain } = entry;
  const { name, address, port } = listener;
  const base = { role: role.role, listener: { name, address, port }, scheme, misses: [] };
  const path = readRequestPath(client.path, chain.requestLine);
  if (path.kind === "refused") {
    return { ...base, verdict: { kind: "refused", status: 400, reason: path.problem } };
  }
  const request = seenRequest(client, path.path, chain, port);
  if (path.kind === "redirected") {
    return { ...base, request, verdict: { kind: "redirected", status: 307, location: path.path } };
  }
  const chosen = chooseHost(chain.hosts, request.authority);
  if (chosen === undefined) {
    const reason = `no virtual service has the domain ${request.authority}`;
    return { ...base, request, verdict: { kind: "no-route", why: "no-host", status: 404, reason } };
  }
  return { ...base, request, ...answerOf(chosen, { ...request, body: client.body }, render) };
}

function unreached(scheme: "http" | "https", reason: string): Match {
  return { verdict: { kind: "no-listener", reason }, scheme, misses: [] };
}

const defaultRole = "ingress";

/** A string says why there is none. */
function chooseRole({ roles }: RouteTable, wanted: string | undefined): RoleRoutes | string {
  const [only, more] = roles;
  if (wanted === undefined && only !== undefined && more === undefined) return only;
  const name = wanted ?? defaultRole;
  const found = roles.find(({ role }) => role === name);
  if (found !== undefined) return found;
  const names = roles.map(({ role }) => role).join(", ");
  if (names === "") return "there is no role";
  return wanted === undefined
    ? `say which role is asked; there are ${names}`
    : `there is no role "${wanted}"; there are ${names}`;
}

interface Entry {
  readonly listener: ListenerRoutes;
  readonly chain: ChainRoutes;
}

/**
 * The way in. Clients name the port of whatever stands before Envoy, so a port counts only if a listener
 * has it; of several listeners, the first that has the domain is meant.
 */
function chooseEntry(
  { role, listeners }: RoleRoutes,
  { scheme, authority, listener: wanted }: ClientRequest,
): Entry | string {
  const { name: serverName, port } = splitAuthority(authority);
  const named = listeners.filter(({ name }) => wanted === undefined || name === wanted);
  if (wanted !== undefined && named.length === 0) {
    return `role "${role}" has no listener "${wanted}" with routes`;
  }
  const entries = named.flatMap((listener): Entry[] => {
    const chain = chooseChain(listener.chains, scheme, serverName);
    return chain === undefined ? [] : [{ listener, chain }];
  });
  const onPort = entries.filter(({ listener }) => listener.port === port);
  const candidates = onPort.length > 0 ? onPort : entries;
  const best =
    candidates.find(({ chain, listener }) => {
      const seen = authorityFor(authority, chain, listener.port);
      return chooseHost(chain.hosts, seen) !== undefined;
    }) ?? candidates[0];
  if (best !== undefined) return best;
  const hasScheme = named.some(({ chains }) => chains.some((chain) => chain.scheme === scheme));
  return hasScheme
    ? `no listener of role "${role}" has a certificate for ${serverName}`
    : `role "${role}" has no listener for ${scheme}`;
}

function seenRequest(
  { method, scheme, authority, headers }: ClientRequest,
  path: string,
  chain: ChainRoutes,
  port: number,
): SeenRequest {
  const byName = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), value.trim()] as const,
  );
  return {
    method,
    scheme,
    authority: authorityFor(authority, chain, port),
    path,
    headers: new Map(byName.filter(([name]) => name !== "host")),
  };
}

function authorityFor(
  authority: string,
  { requestLine }: ChainRoutes,
  listenerPort: number,
): string {
  const { name, port } = splitAuthority(authority);
  const { stripPort, stripTrailingDot } = requestLine;
  const strips = stripPort === "any" || (stripPort === "matching" && port === listenerPort);
  const kept = port === undefined || strips ? "" : `:${port}`;
  return (stripTrailingDot ? name.replace(/\.$/, "") : name) + kept;
}

function answerOf(
  { host, domain }: ChosenHost,
  request: SeenRequest & { readonly body: string | undefined },
  render: RenderFunction,
): Pick<Match, "verdict" | "host" | "domain" | "route" | "misses"> {
  const found = { host, domain };
  // Envoy counts clients on private networks as internal; those that tests speak of are external.
  if (host.requireTls !== "none" && request.scheme === "http") {
    const location = `https://${splitAuthority(request.authority).name}${request.path}`;
    return { ...found, misses: [], verdict: { kind: "redirected", status: 301, location } };
  }
  const ordinary = host.routes.map((route): Miss => ({
    route,
    failed: judgeRoute(route, request),
  }));
  const first = ordinary.findIndex(({ failed }) =>
    failed.every(({ condition }) => condition === "unjudged"),
  );
  const structured = judgeStructuredEvent(host.routes, request);
  const event = first >= 0 && first < (structured?.from ?? 0) ? undefined : structured;
  const judged =
    event === undefined
      ? ordinary
      : ordinary.map(({ route, failed }) => ({ route, failed: missOf(route, event, failed) }));
  if (event?.answer !== undefined) {
    return { ...found, misses: judged, verdict: verdictOnEvent(event.answer) };
  }
  const taken = event?.taken ?? first;
  const answer = judged[taken];
  const misses = judged.filter((_, index) => index !== taken);
  if (answer === undefined) {
    const reason = `no route of virtual service "${host.virtualService}" matches`;
    const verdict = { kind: "no-route", why: "no-match", status: 404, reason } as const;
    return { ...found, misses, verdict };
  }
  const { route } = answer;
  if (isPreflight(request) && answersPreflights([...route.filters, ...host.filters])) {
    const reason = `the request is a CORS preflight, which Envoy answers itself where it allows the origin`;
    return { ...found, route, misses, verdict: { kind: "unknown", reason } };
  }
  const [unjudged] = answer.failed;
  const verdict: Verdict =
    unjudged === undefined
      ? verdictOf(route, host, request, render)
      : { kind: "unknown", reason: unjudged.reason };
  return { ...found, route, misses, verdict };
}

function verdictOnEvent({ status, reason }: EventAnswer): Verdict {
  return status === 404
    ? { kind: "no-route", why: "no-match", status, reason }
    : { kind: "refused", status, reason };
}

/** https://fetch.spec.whatwg.org/#cors-preflight-request */
function isPreflight({ method, headers }: SeenRequest): boolean {
  return (
    method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method")
  );
}

function answersPreflights(filters: readonly FilterConfig[]): boolean {
  return filters.some(({ type }) => type.startsWith("envoy.extensions.filters.http.cors."));
}

function verdictOf(
  route: CompiledRoute,
  host: HostRoutes,
  request: SeenRequest & { readonly body: string | undefined },
  render: RenderFunction,
): Verdict {
  const { outcome } = route;
  switch (outcome.kind) {
    case "forward":
      return { kind: "forwarded", calls: callsOf(outcome, { route, host }, request, render) };
    case "redirect": {
      const location = locationOf(outcome, request, route.match.path);
      return { kind: "redirected", status: outcome.status, location };
    }
    case "respond": {
      const { status, body } = outcome;
      return { kind: "answered", status, ...(body !== undefined && { body }) };
    }
    case "unknown":
      return {
        kind: "unknown",
        reason: `the route has ${outcome.field}, which only Envoy can judge`,
      };
  }
}
