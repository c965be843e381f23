import { isIP } from "node:net";
import type { JsonObject } from "../../lib/json.js";

/** What an Envoy needs to know to be one of a role's. */
export interface BootstrapOptions {
  readonly role: string;
  /** What tells this Envoy from others of its role; the second half of its node id. */
  readonly name: string;
  /** Where `gloo serve` answers Envoys. */
  readonly xds: { readonly host: string; readonly port: number };
  /** `delta` is sent what changed, `sotw` (state of the world) all of a type at a time. */
  readonly variant: "delta" | "sotw";
  /** Absent: the connection to the control plane is not encrypted. */
  readonly tls?: BootstrapTls;
  /** Port of Envoy's own admin pages on loopback. Absent: there are none. */
  readonly adminPort?: number;
}

/** Paths are those of the machine that Envoy runs on. */
export interface BootstrapTls {
  /** Trust roots that the control plane's certificate is checked against. */
  readonly caFile: string;
  /** The name or IP address that its certificate must be for. */
  readonly serverName: string;
  /** What this Envoy shows for itself. */
  readonly client?: { readonly certFile: string; readonly keyFile: string };
}

/** Not a possible name of an upstream, so that no config can take its place. */
const xdsCluster = "gloo_xds";
const httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const tlsContext =
  "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

/** An Envoy bootstrap as JSON, in the spelling of Envoy's own documentation. */
export function envoyBootstrap(options: BootstrapOptions): JsonObject {
  return {
    node: { id: `${options.role}~${options.name}`, cluster: options.role },
    ...(options.adminPort === undefined
      ? {}
      : { admin: { address: socketAddress("127.0.0.1", options.adminPort) } }),
    dynamic_resources: {
      ads_config: {
        api_type: options.variant === "delta" ? "DELTA_GRPC" : "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: xdsCluster } }],
      },
      cds_config: { resource_api_version: "V3", ads: {} },
      lds_config: { resource_api_version: "V3", ads: {} },
    },
    static_resources: { clusters: [controlPlaneCluster(options)] },
  };
}

function controlPlaneCluster({ xds, tls }: BootstrapOptions): JsonObject {
  const endpoint = { address: socketAddress(xds.host, xds.port) };
  return {
    name: xdsCluster,
    ...(isIP(xds.host)
      ? { type: "STATIC" }
      : { type: "STRICT_DNS", dns_lookup_family: "V4_PREFERRED" }),
    connect_timeout: "5s",
    load_assignment: { cluster_name: xdsCluster, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    typed_extension_protocol_options: {
      [httpOptions]: {
        "@type": `type.googleapis.com/${httpOptions}`,
        explicit_http_config: {
          // A control plane that vanished without a word is noticed, and looked for again.
          http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "5s" } },
        },
      },
    },
    ...(tls ? { transport_socket: tlsSocket(tls) } : {}),
  };
}

function tlsSocket({ caFile, serverName, client }: BootstrapTls): JsonObject {
  const sanType = isIP(serverName) ? "IP_ADDRESS" : "DNS";
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": tlsContext,
      ...(isIP(serverName) ? {} : { sni: serverName }),
      common_tls_context: {
        alpn_protocols: ["h2"],
        ...(client ? { tls_certificates: [certificate(client)] } : {}),
        validation_context: {
          trusted_ca: { filename: caFile },
          match_typed_subject_alt_names: [{ san_type: sanType, matcher: { exact: serverName } }],
        },
      },
    },
  };
}

function certificate(files: { readonly certFile: string; readonly keyFile: string }): JsonObject {
  return {
    certificate_chain: { filename: files.certFile },
    private_key: { filename: files.keyFile },
  };
}

function socketAddress(address: string, port: number): JsonObject {
  return { socket_address: { address, port_value: port } };
}
