import type {
  CommonTlsContext,
  DownstreamTlsContext,
  TransportSocket,
} from "../envoy/generated/messages.js";
import { packAny } from "../envoy/codec.js";
import { contentHash } from "../lib/content-hash.js";
import type { JsonPointer } from "../model/location.js";
import type { Secrets } from "../model/secret.js";
import type { SslConfig, VirtualService } from "../model/virtual-service.js";
import {
  certificateFilesName,
  certificateName,
  sdsConfig,
  trustedCaFileName,
  trustedCaName,
} from "./sds.js";

/** How TLS ends in one filter chain. */
export interface TlsSettings {
  /** Equal settings have equal ids. */
  readonly id: string;
  /** The SDS secret with the certificate and key. */
  readonly certificate: string;
  /** The SDS secret with the CA of client certificates; undefined: none are asked for. */
  readonly trustedCa: string | undefined;
}

/** What an `ssl_config` says about TLS; its server names are another matter. */
export function tlsSettingsOf(ssl: SslConfig, secrets: Secrets): TlsSettings {
  const { secret_ref: ref = "", ssl_files: files } = ssl;
  if (files === undefined) {
    const asksClients = secrets.get(ref)?.keys.includes("tls.root") === true;
    return {
      id: ref,
      certificate: certificateName(ref),
      trustedCa: asksClients ? trustedCaName(ref) : undefined,
    };
  }
  const { tls_cert, tls_key, root_ca } = files;
  return {
    id: `files-${contentHash(tls_cert, tls_key, root_ca ?? "")}`,
    certificate: certificateFilesName(tls_cert, tls_key),
    trustedCa: root_ca === undefined ? undefined : trustedCaFileName(root_ca),
  };
}

/** A server name that a virtual service wants to be found by; `*` is every name, and none. */
export interface ServerName {
  readonly name: string;
  /** Where the virtual service says so. */
  readonly pointer: JsonPointer;
}

/** The server names of a virtual service, and the domains that no client can ask for in TLS. */
export function serverNamesOf({ ssl_config, domains }: VirtualService): {
  readonly names: readonly ServerName[];
  readonly unusable: readonly ServerName[];
} {
  const listed = ssl_config?.sni_domains ?? [];
  if (listed.length > 0) {
    const names = listed.map((name, index) => ({
      name: name.toLowerCase(),
      pointer: `/ssl_config/sni_domains/${index}`,
    }));
    return { names, unusable: [] };
  }
  const names: ServerName[] = [];
  const unusable: ServerName[] = [];
  domains.forEach((domain, index) => {
    const name = domain.replace(/:\d+$/, "").toLowerCase();
    const pointer = `/domains/${index}`;
    if (isServerName(name)) names.push({ name, pointer });
    else unusable.push({ name: domain, pointer });
  });
  // Whoever claims every name is found by these too.
  return { names, unusable: names.some(({ name }) => name === "*") ? [] : unusable };
}

/** What clients may send and Envoy can match: a host name, or `*` in place of its first labels. */
function isServerName(name: string): boolean {
  if (name === "*") return true;
  const rest = name.startsWith("*.") ? name.slice(2) : name;
  return !rest.includes("*") && !rest.includes(":") && !/^[0-9.]+$/.test(rest);
}

/** The server's side of TLS. */
export function downstreamTls({ certificate, trustedCa }: TlsSettings): TransportSocket {
  const common: CommonTlsContext = {
    alpn_protocols: ["h2", "http/1.1"],
    tls_certificate_sds_secret_configs: [sdsConfig(certificate)],
    ...(trustedCa !== undefined && { validation_context_sds_secret_config: sdsConfig(trustedCa) }),
  };
  const context: DownstreamTlsContext = {
    common_tls_context: common,
    ...(trustedCa !== undefined && { require_client_certificate: { value: true } }),
  };
  return {
    name: tlsSocketName,
    typed_config: packAny(
      "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
      context,
    ),
  };
}

/** The name of Envoy's TLS transport socket. */
export const tlsSocketName = "envoy.transport_sockets.tls";
