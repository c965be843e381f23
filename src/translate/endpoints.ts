import { isIP } from "node:net";
import type {
  Address,
  ClusterLoadAssignment,
  LocalityLbEndpoints,
} from "../envoy/generated/messages.js";
import { compareText } from "../lib/compare.js";
import type { Endpoint } from "../model/endpoints.js";

/** A TCP address. */
export function socketAddress(address: string, port: number): Address {
  return { socket_address: { address, port_value: port } };
}

/** One group of endpoints of equal rank, each once, in the order given. */
export function localityOf(endpoints: readonly Endpoint[]): LocalityLbEndpoints {
  const once = new Map(endpoints.map((found) => [`${found.address} ${found.port}`, found]));
  return {
    lb_endpoints: [...once.values()].map(({ address, port }) => ({
      endpoint: { address: socketAddress(address, port) },
    })),
  };
}

/** The EDS resource of a cluster. Without endpoints it says so: Envoy does not wait for them. */
export function assignmentOf(name: string, endpoints: readonly Endpoint[]): ClusterLoadAssignment {
  if (endpoints.length === 0) return { cluster_name: name };
  return { cluster_name: name, endpoints: [localityOf(endpoints)] };
}

/**
 * What endpoint sources found, fit to be served: in an order that does not depend on theirs, and
 * without what Envoy would reject the whole response for.
 */
export function usableEndpoints(found: readonly Endpoint[]): readonly Endpoint[] {
  return found
    .filter(({ address, port }) => isIP(address) !== 0 && port >= 1 && port <= 65_535)
    .sort((a, b) => compareText(a.address, b.address) || a.port - b.port);
}
