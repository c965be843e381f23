import { packAny } from "../../src/envoy/codec.js";
import type { MessageTypes } from "../../src/envoy/generated/messages.js";
import type { Snapshot } from "../../src/snapshot/snapshot.js";
import { snapshotOf, type Messages } from "./snapshot.js";

type ConfigSource = NonNullable<
  NonNullable<MessageTypes["envoy.config.cluster.v3.Cluster"]["eds_cluster_config"]>["eds_config"]
>;
export type Variant = "sotw" | "delta";

const manager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const apiTypes = { sotw: 2, delta: 3 } as const; // ApiConfigSource.ApiType GRPC, DELTA_GRPC
const v3 = 2; // ApiVersion.V3

/** Where Envoy is told to get the resources that a cluster or a listener refers to. */
export function configSource(variant: Variant, aggregated: boolean): ConfigSource {
  if (aggregated) return { ads: {}, resource_api_version: v3 };
  return {
    resource_api_version: v3,
    api_config_source: {
      api_type: apiTypes[variant],
      transport_api_version: v3,
      grpc_services: [{ envoy_grpc: { cluster_name: "gloo_xds" } }],
    },
  };
}

/** What differs between two snapshots of the one-route gateway. */
export interface Change {
  readonly backendPort: number;
  readonly path: string;
  readonly connectTimeoutS: number;
  /** Clusters beside the one that the route goes to. */
  readonly moreClusters?: NonNullable<Messages["cluster"]>;
}

/** A listener on a free port with one route to one EDS cluster with one endpoint. */
export function snapshotWith(source: ConfigSource, change: Change): Snapshot {
  const address = (port_value: number) => ({
    socket_address: { address: "127.0.0.1", port_value },
  });
  return snapshotOf({
    cluster: {
      backend: {
        name: "backend",
        type: 3,
        connect_timeout: { seconds: change.connectTimeoutS },
        eds_cluster_config: { eds_config: source },
      },
      ...change.moreClusters,
    },
    endpoints: {
      backend: {
        cluster_name: "backend",
        endpoints: [{ lb_endpoints: [{ endpoint: { address: address(change.backendPort) } }] }],
      },
    },
    listener: {
      http: {
        name: "http",
        address: address(0),
        filter_chains: [
          {
            filters: [
              {
                name: "http",
                typed_config: packAny(manager, {
                  stat_prefix: "http",
                  rds: { route_config_name: "routes", config_source: source },
                  http_filters: [
                    {
                      name: "envoy.filters.http.router",
                      typed_config: packAny("envoy.extensions.filters.http.router.v3.Router", {}),
                    },
                  ],
                }),
              },
            ],
          },
        ],
      },
    },
    route: {
      routes: {
        name: "routes",
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [{ match: { path: change.path }, route: { cluster: "backend" } }],
          },
        ],
      },
    },
  });
}
