import { pointerOf } from "../model/location.js";
import type { Upstream } from "../model/upstream.js";
import { destinationsOf } from "./routes.js";
import type { HookContext, RouteContext } from "./plugin.js";

/**
 * Reports functions without a spec, of an upstream whose functions need one, and a service type, which
 * would make other functions of them. Gives whether all is well.
 */
export function checkFunctionSpecs(
  { type, functions = [], service_info: service }: Upstream,
  context: HookContext,
): boolean {
  if (service !== undefined) {
    context.report("cloud/service-type", { type, service: service.type }, "/service_info", "key");
    return false;
  }
  const bare = functions.flatMap(({ spec }, index) => (spec === undefined ? [index] : []));
  for (const index of bare) {
    context.report("schema/missing-key", { key: "spec" }, pointerOf("/functions", index));
  }
  return bare.length === 0;
}

/** Reports destinations that name no function, though upstreams of their type have nothing else. */
export function checkDestinations(upstreamType: string, context: RouteContext): void {
  const { route, pointer, upstreams } = context;
  destinationsOf(route, pointer).forEach(({ destination, pointer: at }, index) => {
    const upstream = upstreams[index]?.value;
    if (upstream?.type !== upstreamType || destination.function !== undefined) return;
    context.report("cloud/no-function", { upstream: upstream.name }, at);
  });
}
