import {
  Cluster_DiscoveryType,
  type Cluster,
  type Cluster_DnsLookupFamily,
} from "../envoy/generated/messages.js";
import type { Endpoint } from "../model/endpoints.js";
import { localityOf } from "../translate/endpoints.js";

/** The cluster of hosts with names: Envoy looks these up, and takes all addresses that it finds. */
export function lookedUpCluster(
  name: string,
  endpoints: readonly Endpoint[],
  family: Cluster_DnsLookupFamily,
): Partial<Omit<Cluster, "name">> {
  return {
    type: Cluster_DiscoveryType.STRICT_DNS,
    dns_lookup_family: family,
    load_assignment: { cluster_name: name, endpoints: [localityOf(endpoints)] },
  };
}
