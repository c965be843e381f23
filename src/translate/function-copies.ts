import type { FunctionPatch, RoutePatch } from "./plugin.js";

/** What Envoy does to a request before it makes the copies, and so to the copies too. */
const sharedActions = [
  "prefix_rewrite",
  "regex_rewrite",
  "path_rewrite",
  "path_rewrite_policy",
  "host_rewrite_literal",
] as const;

/**
 * Whether a function's request would be what copies of the client's request are made from: it is made
 * before them, by a filter of the listener or by the route. What filters of the cluster make is not
 * copied.
 */
export function isCopied({
  perFilterConfig = {},
  action = {},
  route = {},
}: FunctionPatch): boolean {
  return (
    Object.values(perFilterConfig).some(({ isInCluster = false }) => !isInCluster) ||
    sharedActions.some((field) => action[field] !== undefined) ||
    (route.request_headers_to_add ?? []).length > 0
  );
}

/** Whether a route makes copies of its requests. */
export function makesCopies({ request_mirror_policies = [] }: NonNullable<RoutePatch["action"]>) {
  return request_mirror_policies.length > 0;
}
