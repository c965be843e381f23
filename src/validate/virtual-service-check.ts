import type { Route, VirtualService } from "../model/virtual-service.js";
import { finding, type Finding } from "./finding.js";

/** What is wrong or doubtful in a virtual service on its own. */
export function checkVirtualService({ domains, routes }: VirtualService): readonly Finding[] {
  const findings = [...duplicateDomains(domains)];
  const shadows: Shadow[] = [];
  routes.forEach((route, index) => {
    const pointer = `/routes/${index}`;
    checkWeights(route, pointer, findings);
    checkVerbs(route, pointer, findings);
    checkPath(route, pointer, shadows, findings);
    const prefix = openPrefix(route);
    if (prefix !== undefined) shadows.push({ prefix, index });
  });
  return findings;
}

function duplicateDomains(domains: readonly string[]): readonly Finding[] {
  const seen = new Set<string>();
  return domains.flatMap((domain, index) => {
    const folded = domain.toLowerCase();
    if (!seen.has(folded)) {
      seen.add(folded);
      return [];
    }
    return [finding("domain/duplicate", { domain }, `/domains/${index}`)];
  });
}

const maxTotalWeight = 2 ** 32 - 1;

function checkWeights(route: Route, pointer: string, findings: Finding[]): void {
  const { multiple_destinations: destinations } = route;
  if (destinations === undefined) return;
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  if (sum <= maxTotalWeight) return;
  findings.push(
    finding("route/weights-too-large", { sum }, `${pointer}/multiple_destinations`, "key"),
  );
}

const usualVerbs: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "TRACE",
]);

function checkVerbs(route: Route, pointer: string, findings: Finding[]): void {
  route.request_matcher?.verbs?.forEach((verb, index) => {
    if (usualVerbs.has(verb) || !usualVerbs.has(verb.toUpperCase())) return;
    const at = `${pointer}/request_matcher/verbs/${index}`;
    findings.push(finding("route/lower-case-verb", { verb }, at));
  });
}

/** A route that takes every request whose path begins with its prefix. */
interface Shadow {
  readonly prefix: string;
  readonly index: number;
}

function openPrefix({ request_matcher: matcher }: Route): string | undefined {
  if (matcher?.path_prefix === undefined) return undefined;
  const { headers = {}, query_params = {}, verbs = [] } = matcher;
  const isOpen =
    verbs.length === 0 &&
    Object.keys(headers).length === 0 &&
    Object.keys(query_params).length === 0;
  return isOpen ? matcher.path_prefix : undefined;
}

/** Events come as requests for this path. */
const eventPath = "/events";

function checkPath(
  route: Route,
  pointer: string,
  shadows: readonly Shadow[],
  findings: Finding[],
): void {
  const { path_prefix: prefix, path_exact: exact } = route.request_matcher ?? {};
  const path = route.event_matcher === undefined ? (prefix ?? exact) : eventPath;
  // What a regex takes is not easily compared; only that everything is taken is certain.
  const shadow = shadows.find((earlier) =>
    path === undefined
      ? earlier.prefix === "/" || earlier.prefix === ""
      : path.startsWith(earlier.prefix),
  );
  if (shadow !== undefined) {
    findings.push(finding("route/unreachable", { ...shadow }, pointer));
    return;
  }
  const reason = path === undefined ? undefined : unmatchable(path);
  if (reason === undefined || path === undefined) return;
  const key = prefix === undefined ? "path_exact" : "path_prefix";
  findings.push(
    finding("route/never-matches", { path, reason }, `${pointer}/request_matcher/${key}`),
  );
}

/** Why no request has such a path. An empty prefix is that of all paths, and `*` a path of OPTIONS. */
function unmatchable(path: string): string | undefined {
  if (path === "" || path === "*") return undefined;
  if (!path.startsWith("/")) return "paths begin with `/`";
  if (path.includes("?")) return "the query is not part of the path";
  if (path.includes("#")) return "the fragment is not sent";
  return undefined;
}
