import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import { parseDuration, type DurationText } from "../model/duration.js";
import type { TimeoutExtensions } from "../model/generated/plugins.js";
import type { Policies } from "../model/policies.js";
import type { Located } from "../model/resource.js";
import type { Route, VirtualService } from "../model/virtual-service.js";

/** What a virtual service says, or leaves out, that the policies forbid. */
export function checkVirtualService(
  located: Located<VirtualService>,
  policies: Policies,
): readonly Diagnostic[] {
  const { domains, roles, routes } = located.value;
  const { allowed_domains, allowed_roles, max_routes = Infinity } = policies;
  const found: Diagnostic[] = [];
  domains.forEach((domain, index) => {
    if (allowed_domains === undefined || isAllowed(domain, allowed_domains)) return;
    const params = { domain, allowed: allowed_domains.join(", ") };
    const target = targetOf(located, `/domains/${index}`);
    found.push(diagnostic("policy/domain-not-allowed", params, target));
  });
  roles.forEach((role, index) => {
    if (allowed_roles === undefined || allowed_roles.includes(role)) return;
    const params = { role, allowed: allowed_roles.join(", ") };
    const target = targetOf(located, `/roles/${index}`);
    found.push(diagnostic("policy/role-not-allowed", params, target));
  });
  if (routes.length > max_routes) {
    const params = { routes: routes.length, max: max_routes };
    found.push(diagnostic("policy/too-many-routes", params, targetOf(located, "/routes", "key")));
  }
  routes.forEach((route, index) => {
    found.push(...checkTimeout(located, route, `/routes/${index}`, policies));
  });
  return found;
}

/** Whether a domain is one of those allowed, or below one of the form `*.pets.example`. */
function isAllowed(domain: string, allowed: readonly string[]): boolean {
  const host = domain.toLowerCase().replace(/:\d+$/, "");
  return allowed.some((pattern) => {
    const own = pattern.toLowerCase();
    if (own === "*" || own === host || own === domain.toLowerCase()) return true;
    return own.startsWith("*.") && host.length > own.length - 1 && host.endsWith(own.slice(1));
  });
}

/** How long Envoy waits where a route does not say. */
const defaultTimeout = "15s";

function checkTimeout(
  located: Located<VirtualService>,
  { extensions }: Route,
  pointer: string,
  { require_timeout: isRequired = false, max_timeout: max }: Policies,
): readonly Diagnostic[] {
  const { timeout }: TimeoutExtensions = extensions ?? {};
  const nanos = nanosOf(timeout ?? defaultTimeout);
  const target = targetOf(
    located,
    timeout === undefined ? pointer : `${pointer}/extensions/timeout`,
  );
  if (isRequired && (timeout === undefined || nanos === 0n)) {
    return [diagnostic("policy/timeout-missing", {}, target)];
  }
  if (max === undefined || (nanos !== 0n && nanos <= nanosOf(max))) return [];
  const shown = nanos === 0n ? "for ever" : String(timeout ?? defaultTimeout);
  return [diagnostic("policy/timeout-too-long", { timeout: shown, max: String(max) }, target)];
}

function nanosOf(text: DurationText): bigint {
  const { seconds = 0, nanos = 0 } = parseDuration(text) ?? {};
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}
