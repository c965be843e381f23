import { encode, encodeAny, wrapAny } from "../envoy/codec.js";
import {
  Cluster_DiscoveryType,
  type Cluster,
  type ClusterLoadAssignment,
  type Listener,
  type Secret,
  type VirtualHost,
} from "../envoy/generated/messages.js";
import { protobuf } from "../envoy/protobuf.js";
import { contentHash } from "../lib/content-hash.js";
import type { RouteTable } from "../translate/translation.js";
import type { XdsResource } from "./snapshot.js";

/** A cluster as it is served. */
export function clusterResource(cluster: Cluster): XdsResource {
  const { name = "", type } = cluster;
  const any = encodeAny("envoy.config.cluster.v3.Cluster", cluster);
  // Without a service_name, Envoy asks for the assignment by the cluster's own name.
  return resourceOf(name, any, type === Cluster_DiscoveryType.EDS ? name : undefined);
}

/** The endpoints of an EDS cluster as they are served. */
export function assignmentResource(assignment: ClusterLoadAssignment): XdsResource {
  const any = encodeAny("envoy.config.endpoint.v3.ClusterLoadAssignment", assignment);
  return resourceOf(assignment.cluster_name ?? "", any);
}

/** A listener as it is served. */
export function listenerResource(listener: Listener): XdsResource {
  return resourceOf(listener.name ?? "", encodeAny("envoy.config.listener.v3.Listener", listener));
}

/** A secret as it is served. */
export function secretResource(secret: Secret): XdsResource {
  const type = "envoy.extensions.transport_sockets.tls.v3.Secret";
  return resourceOf(secret.name ?? "", encodeAny(type, secret));
}

/** Field numbers of RouteConfiguration, both length-delimited. */
const nameField = (1 << 3) | 2;
const virtualHostField = (2 << 3) | 2;

/** A route table as it is served, put together from virtual hosts that are each encoded once. */
export function routeTableResource(
  { name, virtualHosts }: RouteTable,
  bytesOf: (virtualHost: VirtualHost) => Uint8Array,
): XdsResource {
  const writer = protobuf().Writer.create().uint32(nameField).string(name);
  for (const virtualHost of virtualHosts)
    writer.uint32(virtualHostField).bytes(bytesOf(virtualHost));
  return resourceOf(name, wrapAny("envoy.config.route.v3.RouteConfiguration", writer.finish()));
}

/** The body of a virtual host within its route table. */
export function encodeVirtualHost(virtualHost: VirtualHost): Uint8Array {
  return encode("envoy.config.route.v3.VirtualHost", virtualHost);
}

function resourceOf(name: string, any: Uint8Array, endpointsName?: string): XdsResource {
  const version = contentHash(any);
  return { name, version, any, ...(endpointsName !== undefined && { endpointsName }) };
}
