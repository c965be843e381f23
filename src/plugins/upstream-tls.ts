import { isIP, SocketAddress } from "node:net";
import { packAny } from "../envoy/codec.js";
import {
  SubjectAltNameMatcher_SanType as SanType,
  type CommonTlsContext,
  type SubjectAltNameMatcher,
  type UpstreamTlsContext,
} from "../envoy/generated/messages.js";
import type { Host, TlsConfig } from "../model/generated/plugins.js";
import type { ClusterPatch, HookContext } from "../translate/plugin.js";
import { certificateName, sdsConfig, trustedCaName, upstreamCaName } from "../translate/sds.js";
import { tlsSocketName } from "../translate/tls.js";

/** What specs of upstreams say of their hosts, and of TLS to them. */
export interface TlsHosts {
  readonly hosts: readonly Host[];
  /** Default: whether a host has port 443. */
  readonly tls?: boolean;
  readonly tls_config?: TlsConfig;
}

/** Whether a host is a name that has to be looked up. */
export function isNamed({ addr }: Host): boolean {
  return isIP(addr) === 0;
}

/**
 * How TLS to an upstream is done; undefined if it is not. The back end's certificate must come from a
 * trusted CA and be for the name or address that the upstream has, unless `tls_config` says otherwise.
 */
export function tlsOf(spec: TlsHosts, context: HookContext): ClusterPatch | undefined {
  const { hosts, tls = hosts.some(({ port }) => port === 443), tls_config: config = {} } = spec;
  if (!tls) {
    if (spec.tls_config)
      context.report("upstream/unused-tls-config", {}, "/spec/tls_config", "key");
    return undefined;
  }
  const secrets: string[] = [];
  const common: CommonTlsContext = {
    ...clientCertificate(config, context, secrets),
    ...validation(hosts, config, context, secrets),
  };
  const { insecure_skip_verify: unverified = false, sni, subject_alt_names } = config;
  const message: UpstreamTlsContext = {
    common_tls_context: common,
    // Names are sent, and verified, as they stand in the upstream: not as a client asks for them.
    ...(sni !== undefined ? { sni } : hosts.every(isNamed) && { auto_host_sni: true }),
    ...(verifiesName(hosts, config) && !unverified && subject_alt_names === undefined
      ? { auto_sni_san_validation: true }
      : {}),
  };
  const type = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  return {
    cluster: { transport_socket: { name: tlsSocketName, typed_config: packAny(type, message) } },
    secrets,
  };
}

/** Whether the certificate has to be for the server name that is sent. */
function verifiesName(hosts: readonly Host[], { sni }: TlsConfig): boolean {
  return sni !== undefined || hosts.every(isNamed);
}

function clientCertificate(
  { secret_ref: ref }: TlsConfig,
  context: HookContext,
  secrets: string[],
): CommonTlsContext {
  if (ref === undefined || !hasCertificate(context.secretKeys(ref) ?? [])) return {};
  secrets.push(certificateName(ref));
  return { tls_certificate_sds_secret_configs: [sdsConfig(certificateName(ref))] };
}

/** The second name of each pair is that of 2018. */
function hasCertificate(keys: readonly string[]): boolean {
  return (
    (keys.includes("tls.crt") || keys.includes("ca_chain")) &&
    (keys.includes("tls.key") || keys.includes("private_key"))
  );
}

function validation(
  hosts: readonly Host[],
  config: TlsConfig,
  context: HookContext,
  secrets: string[],
): CommonTlsContext {
  if (config.insecure_skip_verify === true) {
    const pointer = "/spec/tls_config/insecure_skip_verify";
    context.report("upstream/tls-not-verified", {}, pointer);
    return {};
  }
  const { secret_ref: ref, subject_alt_names: names } = config;
  const hasCa = ref !== undefined && context.secretKeys(ref)?.includes("tls.root") === true;
  const caName = hasCa ? trustedCaName(ref) : upstreamCaName;
  secrets.push(caName);
  if (names === undefined && verifiesName(hosts, config)) {
    return { validation_context_sds_secret_config: sdsConfig(caName) };
  }
  if (names === undefined && hosts.some(isNamed)) {
    context.report("upstream/tls-name-unknown", {}, "/spec/hosts", "key");
  }
  const matchers = names ?? hosts.map(({ addr }) => addr);
  return {
    combined_validation_context: {
      default_validation_context: { match_typed_subject_alt_names: matchers.map(sanMatcher) },
      validation_context_sds_secret_config: sdsConfig(caName),
    },
  };
}

function sanMatcher(name: string): SubjectAltNameMatcher {
  if (name.includes("://")) return { san_type: SanType.URI, matcher: { exact: name } };
  const family = isIP(name);
  if (family === 0) return { san_type: SanType.DNS, matcher: { exact: name } };
  // Envoy compares texts, and writes IPv6 addresses in their short form.
  const address =
    family === 4 ? name : new SocketAddress({ address: name, family: "ipv6" }).address;
  return { san_type: SanType.IP_ADDRESS, matcher: { exact: address } };
}
