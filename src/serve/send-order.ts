import { typeUrls } from "../envoy/type-urls.js";

const { secret, cluster, endpoints, listener, route } = typeUrls;

/**
 * The order in which the parts of one change are sent, so that nothing refers to what is not there:
 * secrets before what uses them, clusters and endpoints before listeners and routes.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
 */
export const sendOrder: readonly string[] = [secret, cluster, endpoints, listener, route];

/**
 * By type, the types that may refer to it: what is gone is taken away when nothing of these is due any
 * more. Listeners are not here: nothing refers to them, and one that takes over the address of another
 * has to come in the same response in which that one goes, or Envoy rejects it.
 */
export const usersOf: ReadonlyMap<string, readonly string[]> = new Map([
  [secret, [cluster, listener]],
  [cluster, [listener, route]],
  [endpoints, [cluster, listener, route]],
  [route, [listener]],
]);

/** The inverse: by type, the types that it may refer to, whose removals wait for it. */
export const usedBy: ReadonlyMap<string, readonly string[]> = new Map(
  sendOrder.map((typeUrl) => [
    typeUrl,
    sendOrder.filter((used) => usersOf.get(used)?.includes(typeUrl)),
  ]),
);

/** Types whose state-of-the-world responses are always complete; absence removes. */
export const completeTypes: ReadonlySet<string> = new Set([cluster, listener]);
