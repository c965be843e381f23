import type { Route, VirtualService } from "../model/virtual-service.js";
import { finding, type Finding } from "./finding.js";
import { literalRegex, maxRegexSize, regexFault } from "./formats.js";

/** What is wrong or doubtful in a virtual service on its own. */
export function checkVirtualService({ domains, routes }: VirtualService): readonly Finding[] {
  const findings = [...duplicateDomains(domains)];
  const open = new OpenPrefixes();
  routes.forEach((route, index) => {
    const pointer = `/routes/${index}`;
    checkWeights(route, pointer, findings);
    checkVerbs(route, pointer, findings);
    checkPath(route, pointer, open, findings);
    const prefix = openPrefix(route);
    if (prefix !== undefined) open.add(prefix, index);
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
  const { verbs = [] } = route.request_matcher ?? {};
  // Several methods are matched by a regex.
  if (verbs.length > 1 && regexFault(verbs.map(literalRegex).join("|"), maxRegexSize)) {
    const at = `${pointer}/request_matcher/verbs`;
    findings.push(finding("route/too-many-verbs", { count: verbs.length }, at, "key"));
  }
  verbs.forEach((verb, index) => {
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

/** Finds the first route that takes all of a path, in a time that does not grow with the routes. */
class OpenPrefixes {
  readonly #indexOf = new Map<string, number>();
  /** The different lengths of the prefixes. */
  readonly #lengths = new Set<number>();

  add(prefix: string, index: number): void {
    if (prefix.length > maxPrefix || this.#indexOf.has(prefix)) return;
    this.#indexOf.set(prefix, index);
    this.#lengths.add(prefix.length);
  }

  /** The first route that takes every path which begins with `path`. */
  shadowOf(path: string): Shadow | undefined {
    let first: Shadow | undefined;
    for (const length of this.#lengths) {
      if (length > path.length) continue;
      const prefix = path.slice(0, length);
      const index = this.#indexOf.get(prefix);
      if (index !== undefined && index < (first?.index ?? Infinity)) first = { prefix, index };
    }
    return first;
  }
}

/** Longer prefixes are not looked at. */
const maxPrefix = 200;

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

function checkPath(route: Route, pointer: string, open: OpenPrefixes, findings: Finding[]): void {
  const { path_prefix: prefix, path_exact: exact } = route.request_matcher ?? {};
  const path = route.event_matcher === undefined ? (prefix ?? exact) : eventPath;
  // What a regex takes is not easily compared. Only that all paths are taken is certain.
  const shadow = open.shadowOf(path ?? "/");
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
