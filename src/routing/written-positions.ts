import type { Route as EnvoyRoute } from "../envoy/generated/messages.js";
import { eventTypeFilter, isAddedForEvents } from "../translate/structured-events.js";

/**
 * For each route of a virtual host, its position among those that the config says, which structured events
 * share with others; undefined: it is the route that reads types.
 */
export function writtenPositions(routes: readonly EnvoyRoute[]): readonly (number | undefined)[] {
  let next = 0;
  return routes.map((route) => {
    if (!isAddedForEvents(route)) return next++;
    const position = route.name?.slice(eventTypeFilter.length + 1) ?? "";
    return position === "" ? undefined : Number(position);
  });
}
