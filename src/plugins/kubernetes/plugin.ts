import { Cluster_DnsLookupFamily } from "../../envoy/generated/messages.js";
import type { KubernetesSpec } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import type { Upstream } from "../../model/upstream.js";
import type { TranslationPlugin } from "../../translate/plugin.js";
import type { ClusterPatch } from "../../translate/plugin.js";
import { lookedUpCluster } from "../looked-up-cluster.js";
import { tlsOf } from "../upstream-tls.js";

const upstreamType = "kubernetes";

/**
 * Upstreams that are Services of Kubernetes, found by an endpoint source, if the process has one for them,
 * or else by the DNS of their cluster. Back ends get the host that the client has asked for.
 */
export const kubernetesPlugin: TranslationPlugin = {
  name: "kubernetes",
  upstreamTypes: [{ type: upstreamType, schema: readSchema("plugins/upstream-kubernetes") }],
  upstream({ value }, context) {
    const spec = specOf(value);
    const isWatched = context.isWatched(upstreamType);
    if (!isWatched && Object.keys(spec.labels ?? {}).length > 0) {
      context.report("kubernetes/unused-labels", {}, "/spec/labels", "key");
    }
    const { tls, tls_config } = spec;
    const address = serviceHost(spec);
    const secured = tlsOf(
      {
        hosts: [{ addr: address, port: spec.service_port }],
        ...(tls !== undefined && { tls }),
        ...(tls_config && { tls_config }),
      },
      context,
    );
    const found: ClusterPatch = isWatched
      ? { cluster: {}, endpoints: [] }
      : { cluster: lookedUp(value.name, address, spec.service_port) };
    return { ...found, ...secured, cluster: { ...found.cluster, ...secured?.cluster } };
  },
};

/** A Service has addresses of one family or of both, as its cluster has. */
function lookedUp(name: string, address: string, port: number): ClusterPatch["cluster"] {
  return lookedUpCluster(name, [{ address, port }], Cluster_DnsLookupFamily.V4_PREFERRED);
}

/** https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/ */
function serviceHost({ service_name, service_namespace, cluster_domain }: KubernetesSpec): string {
  return `${service_name}.${service_namespace}.svc.${cluster_domain ?? "cluster.local"}`;
}

/** The plugin's schema has accepted it. */
function specOf({ spec }: Upstream): KubernetesSpec {
  return spec as unknown as KubernetesSpec;
}
