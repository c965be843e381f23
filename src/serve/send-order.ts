import { typeUrls } from "../envoy/type-urls.js";

/**
 * The order in which the parts of one change are sent on a stream, so that nothing refers to what is
 * not there: secrets before what uses them, clusters and endpoints before listeners and routes.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
 */
export const sendOrder: readonly string[] = [
  typeUrls.secret,
  typeUrls.cluster,
  typeUrls.endpoints,
  typeUrls.listener,
  typeUrls.route,
];

/** What is gone is removed when nothing refers to it any more: after all else, users first. */
export const removalOrder: readonly string[] = [...sendOrder].reverse();

/** Types whose state-of-the-world responses are always complete; absence removes. */
export const completeTypes: ReadonlySet<string> = new Set([typeUrls.cluster, typeUrls.listener]);
