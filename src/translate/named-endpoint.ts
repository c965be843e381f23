import { isIP } from "node:net";
import { packAny } from "../envoy/codec.js";
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  SubjectAltNameMatcher_SanType,
  type CommonTlsContext,
  type HttpFilter,
  type TransportSocket,
  type UpstreamTlsContext,
} from "../envoy/generated/messages.js";
import { invariant } from "../lib/invariant.js";
import { localityOf } from "./endpoints.js";
import type { ClusterPatch } from "./plugin.js";
import { sdsConfig, upstreamCaName } from "./sds.js";
import { tlsSocketName } from "./tls.js";

/** Where a service with one name answers. */
export interface NamedEndpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Reads `https://host`, `http://host:port` and the like, which a schema has accepted. */
export function readEndpoint(url: string): NamedEndpoint {
  const parts = /^(https?):\/\/([^/:?#]+)(?::(\d+))?\/?$/.exec(url);
  invariant(parts !== null, `${url} is no endpoint`);
  const [, scheme, host = "", port] = parts;
  const tls = scheme === "https";
  return { host, port: port === undefined ? (tls ? 443 : 80) : Number(port), tls };
}

/** What the `Host` header says to an endpoint. */
export function authorityOf({ host, port, tls }: NamedEndpoint): string {
  return port === (tls ? 443 : 80) ? host : `${host}:${port}`;
}

/**
 * The cluster of a named endpoint, which Envoy looks up anew whenever its addresses change. Its
 * certificate has to be from a trusted CA and for its name. `filters` run for every request to it, last
 * of all and again for every retry.
 */
export function namedEndpointPatch(
  name: string,
  endpoint: NamedEndpoint,
  filters: readonly HttpFilter[],
): ClusterPatch {
  const { host: address, port, tls } = endpoint;
  const codec = packAny("envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec", {});
  return {
    cluster: {
      type: Cluster_DiscoveryType.LOGICAL_DNS,
      dns_lookup_family: Cluster_DnsLookupFamily.V4_PREFERRED,
      load_assignment: { cluster_name: name, endpoints: [localityOf([{ address, port }])] },
      ...(tls && { transport_socket: tlsSocket(address) }),
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": packAny(
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          {
            explicit_http_config: { http_protocol_options: {} },
            http_filters: [
              ...filters,
              { name: "envoy.filters.http.upstream_codec", typed_config: codec },
            ],
          },
        ),
      },
    },
    ...(tls && { secrets: [upstreamCaName] }),
  };
}

function tlsSocket(host: string): TransportSocket {
  const ca = sdsConfig(upstreamCaName);
  const isName = isIP(host) === 0;
  const common: CommonTlsContext = isName
    ? { validation_context_sds_secret_config: ca }
    : {
        combined_validation_context: {
          default_validation_context: {
            match_typed_subject_alt_names: [
              { san_type: SubjectAltNameMatcher_SanType.IP_ADDRESS, matcher: { exact: host } },
            ],
          },
          validation_context_sds_secret_config: ca,
        },
      };
  const context: UpstreamTlsContext = {
    common_tls_context: common,
    ...(isName && { sni: host, auto_sni_san_validation: true }),
  };
  const type = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  return { name: tlsSocketName, typed_config: packAny(type, context) };
}
