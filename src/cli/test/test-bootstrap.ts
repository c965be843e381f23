import { contentOfAny, decode, encode, packAny } from "../../envoy/codec.js";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type Cluster,
  type FilterChain,
  type HttpConnectionManager,
  type Listener,
  type VirtualHost,
} from "../../envoy/generated/messages.js";
import { toProtoJson } from "../../envoy/proto-json.js";
import type { JsonObject } from "../../lib/json.js";
import type { RouteTable } from "../../routing/route-table.js";
import { writtenPositions } from "../../routing/written-positions.js";
import type { Build } from "../../pipeline.js";

type Translation = Build["translation"];
type RoleTranslation = NonNullable<ReturnType<Translation["roles"]["get"]>>;
type NetworkFilter = NonNullable<FilterChain["filters"]>[number];

/** Response headers by which Envoy says what it chose. */
export const routeHeader = "x-gloo-test-route";
export const clusterHeader = "x-gloo-test-cluster";

const managerType =
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

const nobody = "gloo_test_nobody";

/** The name of the listener that takes the place of a filter chain. */
export function listenerNameOf(role: string, listener: string, chain: string): string {
  return `${role}/${listener}/${chain}`;
}

/**
 * An Envoy with all that the config's roles are served, and local back ends: each filter chain listens on
 * a free port of loopback, in plain text, with its own routes and filters; every cluster leads to
 * `backEndPort`. What clusters themselves do to requests (signing, credentials, TLS) is left out.
 */
export function testBootstrap(
  translation: Translation,
  table: RouteTable,
  backEndPort: number,
): JsonObject {
  const clusters = new Map<string, JsonObject>();
  const listeners: JsonObject[] = [];
  for (const { role, listeners: routed } of table.roles) {
    const served = translation.roles.get(role);
    if (served === undefined) continue;
    for (const cluster of served.clusters) {
      clusters.set(cluster.name ?? "", localCluster(cluster, served, backEndPort));
    }
    for (const { name, chains } of routed) {
      const message = served.listeners.find((own) => own.name === name);
      for (const chain of message?.filter_chains ?? []) {
        const known = chains.find((own) => own.name === chain.name);
        if (known === undefined || message === undefined) continue;
        const isSecure = known.scheme === "https";
        const own = listenerNameOf(role, name, known.name);
        listeners.push(localListener(own, chain, { isSecure, served }));
      }
    }
  }
  return {
    node: { id: "ingress~test", cluster: "gloo-test" },
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
    // Filters that ask for secrets by ADS are told of none: there is nobody who has them.
    dynamic_resources: {
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: nobody } }],
      },
    },
    static_resources: {
      listeners,
      clusters: [...clusters.values(), { name: nobody, type: "STATIC", connect_timeout: "1s" }],
    },
  };
}

function localCluster(
  { name = "", load_assignment }: Cluster,
  { assignments }: RoleTranslation,
  port: number,
): JsonObject {
  const assignment = load_assignment ?? assignments.find((own) => own.cluster_name === name);
  const endpoint = assignment?.endpoints?.[0]?.lb_endpoints?.[0]?.endpoint;
  const own = endpoint?.hostname || endpoint?.address?.socket_address?.address || "";
  // Routes may rewrite the host to that of the address, if it is a name.
  const hostname = /[a-z]/i.test(own) && !own.includes(":") ? own : undefined;
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return {
    name,
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address, ...(hostname && { hostname }) } }] }],
    },
  };
}

function localListener(
  name: string,
  chain: FilterChain,
  { isSecure, served }: { readonly isSecure: boolean; readonly served: RoleTranslation },
): JsonObject {
  const message: Listener = {
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [
      {
        name: chain.name ?? "",
        filters: (chain.filters ?? []).map((filter) => localFilter(filter, isSecure, served)),
      },
    ],
  };
  const type = "envoy.config.listener.v3.Listener";
  return toProtoJson(type, encode(type, message)) as JsonObject;
}

function localFilter(
  filter: NetworkFilter,
  isSecure: boolean,
  served: RoleTranslation,
): NetworkFilter {
  const { type, value } = contentOfAny(filter.typed_config ?? {});
  if (type !== managerType) return filter;
  const own = decode(managerType, value);
  const table = own.rds?.route_config_name ?? "";
  const { rds: _rds, ...rest } = ownFields(own);
  const hosts = served.routeTables.find(({ name }) => name === table)?.virtualHosts ?? [];
  const manager: HttpConnectionManager = {
    ...rest,
    route_config: {
      name: table,
      virtual_hosts: hosts.map(withRouteNames),
      response_headers_to_add: [
        header(routeHeader, "%ROUTE_NAME%"),
        header(clusterHeader, "%UPSTREAM_CLUSTER_RAW%"),
      ],
    },
    // There is no TLS here, but what looks at the scheme is to see what it would.
    ...(isSecure && {
      scheme_header_transformation: { scheme_to_overwrite: "https" },
      use_remote_address: { value: false },
    }),
  };
  return { name: filter.name ?? "", typed_config: packAny(managerType, manager) };
}

function header(key: string, value: string) {
  return { header: { key, value }, append_action: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD };
}

/** Fields that were sent: what is inherited stands for what was not. */
function ownFields<T extends object>(message: T): T {
  return Object.fromEntries(Object.entries(message)) as T;
}

/** Routes are named by their position, so that Envoy can say which one answered. */
function withRouteNames(host: VirtualHost): VirtualHost {
  const positions = writtenPositions(host.routes ?? []);
  const routes = (host.routes ?? []).map((route, index) => ({
    ...route,
    name: `${host.name ?? ""}/${positions[index] ?? "events"}`,
  }));
  return { ...host, routes };
}
