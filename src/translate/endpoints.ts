import { isIP } from "node:net";
import {
  HealthStatus,
  type Address,
  type ClusterLoadAssignment,
  type LbEndpoint,
  type LocalityLbEndpoints,
} from "../envoy/generated/messages.js";
import { compareText } from "../lib/compare.js";
import type { Endpoint, EndpointHealth } from "../model/endpoints.js";

/** A TCP address. */
export function socketAddress(address: string, port: number): Address {
  return { socket_address: { address, port_value: port } };
}

/** One group of endpoints of equal rank, each once, in the order given. */
export function localityOf(endpoints: readonly Endpoint[]): LocalityLbEndpoints {
  const once = new Map(endpoints.map((found) => [`${found.address} ${found.port}`, found]));
  return { lb_endpoints: [...once.values()].map(lbEndpoint) };
}

/** `healthy` is what Envoy takes an endpoint for that nothing is said about. */
const healthStatus: Readonly<Record<EndpointHealth, HealthStatus | undefined>> = {
  healthy: undefined,
  unhealthy: HealthStatus.UNHEALTHY,
  draining: HealthStatus.DRAINING,
  degraded: HealthStatus.DEGRADED,
};

function lbEndpoint({ address, port, weight = 1, health = "healthy" }: Endpoint): LbEndpoint {
  const status = healthStatus[health];
  return {
    endpoint: { address: socketAddress(address, port) },
    ...(status !== undefined && { health_status: status }),
    ...(weight !== 1 && { load_balancing_weight: { value: weight } }),
  };
}

/**
 * The EDS resource of a cluster: a group for each zone, in the order of their names after those without
 * one. Without endpoints it says so: Envoy does not wait for them.
 */
export function assignmentOf(name: string, endpoints: readonly Endpoint[]): ClusterLoadAssignment {
  if (endpoints.length === 0) return { cluster_name: name };
  // An address that is given twice counts once, as it was given first.
  const once = new Map([...endpoints].reverse().map((one) => [`${one.address} ${one.port}`, one]));
  const unique = endpoints.filter((one) => once.get(`${one.address} ${one.port}`) === one);
  const zones = [...new Set(unique.map(({ zone = "" }) => zone))].sort(compareText);
  return {
    cluster_name: name,
    endpoints: zones.map((zone) => ({
      ...(zone !== "" && { locality: { zone } }),
      ...localityOf(unique.filter((one) => (one.zone ?? "") === zone)),
    })),
  };
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
