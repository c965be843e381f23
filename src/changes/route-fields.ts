import {
  describeCondition,
  describeDestinations,
  describeDestination,
  describeHeaderEdits,
  describeHostRewrite,
  describeOutcome,
  describePathRewrite,
  describeRetries,
} from "../routing/describe-route.js";
import type {
  CompiledRoute,
  FilterConfig,
  Forward,
  HeaderEdits,
  HostRoutes,
} from "../routing/route-table.js";
import type { FieldChange } from "./changes.js";

/** Properties as text, by name; undefined values are left out. */
type Fields = Readonly<Record<string, string | undefined>>;

/** Everything about a route that is not its place, as text. */
export function fieldsOfRoute(route: CompiledRoute): Fields {
  const { match, outcome, requestHeaders, responseHeaders, filters } = route;
  return {
    match: describeCondition(match),
    ...(outcome.kind === "forward"
      ? fieldsOfForward(outcome)
      : { destination: describeOutcome(outcome) }),
    ...(outcome.kind === "respond" ? { body: outcome.body } : {}),
    ...headerFields("", requestHeaders, responseHeaders),
    ...filterFields("", filters),
  };
}

function fieldsOfForward(forward: Forward): Fields {
  const { destinations, path, host, timeout, retries, mirrors } = forward;
  const each = destinations.map((destination) => {
    const { requestHeaders, responseHeaders, filters, host: own } = destination;
    const of = destinations.length === 1 ? "" : ` of ${describeDestination(destination)}`;
    return {
      ...(own && { [`host${of}`]: describeHostRewrite(own) }),
      ...headerFields(of, requestHeaders, responseHeaders),
      ...filterFields(of, filters),
    };
  });
  return {
    destination: describeDestinations(destinations),
    path: path && describePathRewrite(path),
    host: host && describeHostRewrite(host),
    timeout,
    retries: retries && describeRetries(retries),
    mirrors:
      mirrors.length === 0
        ? undefined
        : mirrors.map(({ upstream, percent }) => `${upstream} ${percent}%`).join(", "),
    ...Object.assign({}, ...each),
  } as Fields;
}

/** What holds for all routes of a virtual service. */
export function fieldsOfHost(host: HostRoutes, waysIn: readonly string[]): Fields {
  const { domains, requireTls, requestHeaders, responseHeaders, retries, filters } = host;
  return {
    domains: domains.join(", "),
    listeners: waysIn.join(", "),
    "require TLS": requireTls === "none" ? undefined : requireTls,
    retries: retries && describeRetries(retries),
    ...headerFields("", requestHeaders, responseHeaders),
    ...filterFields("", filters),
  };
}

function headerFields(of: string, request: HeaderEdits, response: HeaderEdits): Fields {
  return {
    [`request headers${of}`]: describeHeaderEdits(request),
    [`response headers${of}`]: describeHeaderEdits(response),
  };
}

/** A filter's config may be anything, secrets aside: that it is another is all that is said. */
function filterFields(of: string, filters: readonly FilterConfig[]): Fields {
  return Object.fromEntries(
    filters.map(({ name, hash }) => [`${name}${of}`, `config ${hash.slice(0, 8)}`]),
  );
}

/** The properties that are not what they were, in their order. */
export function compareFields(before: Fields, after: Fields): readonly FieldChange[] {
  const names = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...names]
    .filter((field) => before[field] !== after[field])
    .map((field) => {
      const [was, is] = [before[field], after[field]];
      return {
        field,
        ...(was === undefined ? {} : { before: was }),
        ...(is === undefined ? {} : { after: is }),
      };
    });
}
