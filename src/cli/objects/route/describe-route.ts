import type { Destination, Route } from "../../../model/virtual-service.js";

/** A route's matcher in a few words: `prefix /pets GET,POST x-api:v1`, `event user.created`. */
export function describeMatcher({ request_matcher: request, event_matcher: event }: Route): string {
  if (event !== undefined) return `event ${event.event_type}`;
  if (request === undefined) return "(no matcher)";
  const { path_exact: exact, path_regex: regex, path_prefix: prefix } = request;
  const { verbs = [], headers = {}, query_params: query = {} } = request;
  const path = [
    ...(exact === undefined ? [] : [`exact ${exact}`]),
    ...(regex === undefined ? [] : [`regex ${regex}`]),
    ...(prefix === undefined ? [] : [`prefix ${prefix}`]),
  ];
  const parts = [
    ...path,
    ...(verbs.length === 0 ? [] : [verbs.join(",")]),
    ...Object.entries(headers).map(([name, value]) => (value === "" ? name : `${name}:${value}`)),
    ...Object.entries(query).map(([name, value]) => `?${name}=${value === "" ? "*" : value}`),
  ];
  return parts.join(" ");
}

/** Where a route leads, in a few words: `pets`, `pets/list`, `pets/list 80, cats 20`. */
export function describeDestination(route: Route): string {
  const { single_destination: single, multiple_destinations: several = [] } = route;
  if (single !== undefined) return nameOfDestination(single);
  return several
    .map(({ destination, weight }) => `${nameOfDestination(destination)} ${weight}`)
    .join(", ");
}

/** `pets`, or `pets/list` for a function. */
export function nameOfDestination({ upstream, function: fn }: Destination): string {
  if (fn !== undefined) return `${fn.upstream_name}/${fn.function_name}`;
  return upstream?.name ?? "(nothing)";
}

/** The destinations of a route, with or without weights. */
export function destinationsOf(route: Route): readonly Destination[] {
  const { single_destination: single, multiple_destinations: several = [] } = route;
  return single === undefined ? several.map(({ destination }) => destination) : [single];
}

/** The upstream that a destination leads to. */
export function upstreamOf({ upstream, function: fn }: Destination): string | undefined {
  return fn?.upstream_name ?? upstream?.name;
}
