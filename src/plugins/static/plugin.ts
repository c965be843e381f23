import { Cluster_DnsLookupFamily } from "../../envoy/generated/messages.js";
import type { StaticSpec } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import type { Upstream } from "../../model/upstream.js";
import type { ClusterPatch, TranslationPlugin } from "../../translate/plugin.js";
import { lookedUpCluster } from "../looked-up-cluster.js";
import { isNamed, tlsOf } from "../upstream-tls.js";

/** Upstreams at fixed addresses: type `static`, called `service` in 0.2.x. */
export const staticPlugin: TranslationPlugin = {
  name: "static",
  upstreamTypes: [
    { type: "static", aliases: ["service"], schema: readSchema("plugins/upstream-static") },
  ],
  upstream({ value }, context) {
    const spec = specOf(value);
    const addresses = spec.hosts.some(isNamed) ? lookedUp(value.name, spec) : known(spec);
    const tls = tlsOf(spec, context);
    if (tls === undefined) return addresses;
    return { ...addresses, ...tls, cluster: { ...addresses.cluster, ...tls.cluster } };
  },
  route(_route, { upstreams }) {
    const anyNamed = upstreams.some(
      ({ value }) => value.type === "static" && specOf(value).hosts.some(isNamed),
    );
    // Back ends with names tell their tenants apart by them, so each is asked for by its own.
    return anyNamed ? { defaultAction: { auto_host_rewrite: { value: true } } } : undefined;
  },
};

/** The plugin's schema has accepted it. */
function specOf({ spec }: Upstream): StaticSpec {
  return spec as unknown as StaticSpec;
}

/** IP addresses only: they travel to Envoy apart from the cluster. */
function known({ hosts }: StaticSpec): ClusterPatch {
  return { cluster: {}, endpoints: hosts.map(({ addr: address, port }) => ({ address, port })) };
}

/** Some have names. */
function lookedUp(name: string, { hosts, enable_ipv6 = false }: StaticSpec): ClusterPatch {
  const endpoints = hosts.map(({ addr: address, port }) => ({ address, port }));
  const family = enable_ipv6 ? Cluster_DnsLookupFamily.ALL : Cluster_DnsLookupFamily.V4_ONLY;
  return { cluster: lookedUpCluster(name, endpoints, family) };
}
