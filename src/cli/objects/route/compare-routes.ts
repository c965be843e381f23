import { jsonEqual } from "../../../edit/json-equal.js";
import type { JsonValue } from "../../../lib/json.js";
import type { Destination, Route } from "../../../model/virtual-service.js";
import type { Matcher } from "./read-route-flags.js";

/** Whether two matchers match the same in the same words; the order of methods does not count. */
export function sameMatcher(a: Matcher, b: Matcher): boolean {
  return jsonEqual(comparableMatcher(a), comparableMatcher(b));
}

/** Whether a route leads to this destination, and to no other. */
export function leadsTo(route: Route, destination: Destination): boolean {
  return jsonEqual(plain(route.single_destination), plain(destination));
}

/** Whether two routes have the same matcher and the same destinations; nothing else counts. */
export function sameRoute(a: Route, b: Route): boolean {
  return (
    sameMatcher(a, b) &&
    jsonEqual(plain(a.single_destination), plain(b.single_destination)) &&
    jsonEqual(plain(a.multiple_destinations), plain(b.multiple_destinations))
  );
}

function comparableMatcher({ request_matcher: request, event_matcher: event }: Matcher): JsonValue {
  const { verbs = [], headers = {}, query_params: query = {}, ...path } = request ?? {};
  return plain({ ...path, verbs: [...verbs].sort(), headers, query, event });
}

/** Without keys that are undefined. */
function plain(value: unknown): JsonValue {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as JsonValue);
}
