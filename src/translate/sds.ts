import {
  ApiVersion,
  type ConfigSource,
  type SdsSecretConfig,
} from "../envoy/generated/messages.js";

/** "Ask the control plane, on the stream you have": the source of everything that is served. */
export const adsSource: ConfigSource = { ads: {}, resource_api_version: ApiVersion.V3 };

/** The SDS secret with the CAs that upstreams are verified against when they name none. */
export const upstreamCaName = "gloo-upstream-ca";

const certificateSuffix = "~cert";
const trustedCaSuffix = "~ca";
const valueSuffix = "~value";

/** The SDS secret that holds the certificate and key of secret `ref`. */
export function certificateName(ref: string): string {
  return ref + certificateSuffix;
}

/** The SDS secret that holds the CA (`tls.root`) of secret `ref`. */
export function trustedCaName(ref: string): string {
  return ref + trustedCaSuffix;
}

/** The SDS secret with a certificate and key from files of Envoy's own host. */
export function certificateFilesName(certificate: string, key: string): string {
  return `${filesPrefix}${escapePath(certificate)}+${escapePath(key)}${certificateSuffix}`;
}

/** The SDS secret with a CA from a file of Envoy's own host. */
export function trustedCaFileName(path: string): string {
  return `${filesPrefix}${escapePath(path)}${trustedCaSuffix}`;
}

/** The SDS secret, of the generic kind, that holds value `key` of secret `ref`. */
export function secretValueName(ref: string, key: string): string {
  return `${ref}/${key}${valueSuffix}`;
}

/** What an SDS secret is made of. */
export type SdsContent =
  | { readonly kind: "upstream-ca" }
  | { readonly kind: "value"; readonly ref: string; readonly key: string }
  | { readonly kind: "certificate" | "ca"; readonly ref: string }
  | { readonly kind: "certificate-files"; readonly certificate: string; readonly key: string }
  | { readonly kind: "ca-file"; readonly path: string };

/** What the SDS secret `name` is made of: the inverse of {@link certificateName} and its neighbours. */
export function sdsContentOf(name: string): SdsContent | undefined {
  if (name === upstreamCaName) return { kind: "upstream-ca" };
  if (name.endsWith(valueSuffix)) {
    const slash = name.indexOf("/");
    const key = name.slice(slash + 1, -valueSuffix.length);
    return { kind: "value", ref: name.slice(0, slash), key };
  }
  const suffix = [certificateSuffix, trustedCaSuffix].find((end) => name.endsWith(end));
  if (suffix === undefined) return undefined;
  const body = name.slice(0, -suffix.length);
  if (!body.startsWith(filesPrefix)) {
    return { kind: suffix === trustedCaSuffix ? "ca" : "certificate", ref: body };
  }
  const [first = "", second = ""] = body.slice(filesPrefix.length).split("+").map(unescapePath);
  return suffix === trustedCaSuffix
    ? { kind: "ca-file", path: first }
    : { kind: "certificate-files", certificate: first, key: second };
}

/** References of secrets are file names, so this begins none of them. */
const filesPrefix = "files/";

function escapePath(path: string): string {
  return path.replaceAll("%", "%25").replaceAll("+", "%2B");
}

function unescapePath(text: string): string {
  return text.replaceAll("%2B", "+").replaceAll("%25", "%");
}

/** A reference to the SDS secret `name`. */
export function sdsConfig(name: string): SdsSecretConfig {
  return { name, sds_config: adsSource };
}
