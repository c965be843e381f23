import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import { isJsonObject, type JsonObject } from "../lib/json.js";
import type { HostMatcher } from "../lib/host-pattern.js";
import type { Policies } from "../model/policies.js";
import type { Located } from "../model/resource.js";
import type { Upstream } from "../model/upstream.js";
import { matchesWhole } from "../routing/regex.js";
import type { TranslatedUpstream } from "../translate/clusters.js";

/** What an upstream says that the policies forbid. */
export function checkUpstream(
  located: Located<Upstream>,
  { names = {}, require_upstream_verification: mustVerify = false }: Policies,
  isForbidden: HostMatcher,
): readonly Diagnostic[] {
  const { spec, functions = [] } = located.value;
  const found: Diagnostic[] = [];
  writtenHosts(spec).forEach((host, index) => {
    const pattern = host === undefined ? undefined : isForbidden(host);
    if (host === undefined || pattern === undefined) return;
    const target = targetOf(located, `/spec/hosts/${index}/addr`);
    found.push(diagnostic("policy/forbidden-host", { host, pattern }, target));
  });
  const tls = spec["tls_config"];
  if (mustVerify && isJsonObject(tls) && tls["insecure_skip_verify"] === true) {
    const target = targetOf(located, "/spec/tls_config/insecure_skip_verify");
    found.push(diagnostic("policy/verification-missing", {}, target));
  }
  const pattern = names.function;
  functions.forEach(({ name }, index) => {
    if (pattern === undefined || matchesWhole(pattern, name)) return;
    const target = targetOf(located, `/functions/${index}/name`);
    found.push(diagnostic("policy/name", { name, pattern }, target));
  });
  return found;
}

/**
 * Hosts that a cluster leads to and its upstream does not list: those that its type makes of other
 * settings.
 */
export function checkHosts(
  { upstream, cluster, endpoints = [] }: TranslatedUpstream,
  isForbidden: HostMatcher,
): readonly Diagnostic[] {
  const written = new Set(writtenHosts(upstream.value.spec));
  const inCluster = (cluster?.load_assignment?.endpoints ?? []).flatMap(({ lb_endpoints = [] }) =>
    lb_endpoints.map(({ endpoint }) => endpoint?.address?.socket_address?.address),
  );
  const hosts = new Set([...inCluster, ...endpoints.map(({ address }) => address)]);
  return [...hosts].flatMap((host) => {
    if (host === undefined || written.has(host)) return [];
    const pattern = isForbidden(host);
    if (pattern === undefined) return [];
    return [diagnostic("policy/forbidden-host", { host, pattern }, targetOf(upstream, "/spec"))];
  });
}

/** The hosts that an upstream lists, each at its place. */
function writtenHosts({ hosts }: JsonObject): readonly (string | undefined)[] {
  if (!Array.isArray(hosts)) return [];
  return hosts.map((host: unknown) => {
    const addr = isJsonObject(host) ? host["addr"] : undefined;
    return typeof addr === "string" ? addr : undefined;
  });
}
