import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  type Duration,
} from "../../envoy/generated/messages.js";
import type { KnativeSpec } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import type { Upstream } from "../../model/upstream.js";
import { readEndpoint } from "../../translate/named-endpoint.js";
import type { ClusterPatch, HookContext, TranslationPlugin } from "../../translate/plugin.js";
import { tlsOf } from "../upstream-tls.js";

const upstreamType = "knative";
const defaultIngress = "http://istio-ingressgateway.istio-system.svc.cluster.local";

/** As in 2018: a service that is scaled to zero has to start first. */
const defaultTimeout: Duration = { seconds: 60 };

/** Upstreams that are services of Knative, behind an ingress gateway that knows them by host names. */
export const knativePlugin: TranslationPlugin = {
  name: "knative",
  upstreamTypes: [{ type: upstreamType, schema: readSchema("plugins/upstream-knative") }],
  upstream: ({ value }, context) => upstreamPatch(value, context),
  route(_route, { upstreams }) {
    if (!upstreams.some(({ value }) => value.type === upstreamType)) return undefined;
    // The host name is that of the endpoint: each destination of the route has its own.
    return { defaultAction: { auto_host_rewrite: { value: true }, timeout: defaultTimeout } };
  },
};

function upstreamPatch({ name, spec }: Upstream, context: HookContext): ClusterPatch {
  const { hostname, ingress = defaultIngress } = spec as unknown as KnativeSpec; // by its schema
  const { host, port, tls } = readEndpoint(ingress);
  const address = { socket_address: { address: host, port_value: port } };
  const secured = tlsOf({ hosts: [{ addr: hostname, port }], tls }, context);
  return {
    ...secured,
    cluster: {
      type: Cluster_DiscoveryType.STRICT_DNS,
      dns_lookup_family: Cluster_DnsLookupFamily.V4_PREFERRED,
      load_assignment: {
        cluster_name: name,
        endpoints: [{ lb_endpoints: [{ endpoint: { address, hostname } }] }],
      },
      ...secured?.cluster,
    },
  };
}
