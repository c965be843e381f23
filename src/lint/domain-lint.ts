import { isWanted } from "../diagnostics/apply-severities.js";
import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Config } from "../model/resource.js";
import type { HostRoutes } from "../routing/route-table.js";
import type { LintInput } from "./lint-input.js";

/** A domain that a virtual service claims. */
interface Claim {
  readonly name: string;
  readonly domain: string;
  readonly index: number;
}

/** A domain, and another that takes hosts from it. */
interface Overlap {
  readonly code: "lint/overlapping-domains" | "lint/narrower-domain";
  readonly loser: Claim;
  readonly winner: Claim;
}

/** What was found in a route table. */
interface KnownTable {
  readonly hosts: readonly HostRoutes[];
  readonly overlaps: readonly Overlap[];
}

/** Creates the lint of domains that several virtual services of a listener claim in part. */
export function createDomainLint(): (input: LintInput) => readonly Diagnostic[] {
  let known: ReadonlyMap<string, KnownTable> = new Map();
  return ({ config, routes }) => {
    const severities = config.policies?.value.severity;
    const next = new Map<string, KnownTable>();
    const found = new Map<string, Diagnostic>();
    for (const { role, listeners } of routes.roles) {
      for (const { name, chains } of listeners) {
        for (const { name: chain, hosts } of chains) {
          const key = JSON.stringify([role, name, chain]);
          const before = known.get(key);
          const table =
            before !== undefined && sameItems(before.hosts, hosts)
              ? before
              : { hosts, overlaps: overlapsOf(hosts) };
          next.set(key, table);
          for (const overlap of table.overlaps) {
            // Two that meet on several listeners are told so once.
            const { loser, winner } = overlap;
            const pair = JSON.stringify([loser, winner]);
            if (!isWanted(overlap.code, severities) || found.has(pair)) continue;
            const told = diagnosticOf(overlap, config);
            if (told !== undefined) found.set(pair, told);
          }
        }
      }
    }
    known = next;
    return [...found.values()];
  };
}

/** More claims with a `*` at one end are not compared with each other. */
const maxWildcards = 500;
/** More than these in one table have a single cause. */
const maxOverlaps = 50;

function overlapsOf(hosts: readonly HostRoutes[]): readonly Overlap[] {
  const claims = hosts.flatMap(({ virtualService: name, domains }) =>
    domains.map((domain, index): Claim => ({ name, domain: domain.toLowerCase(), index })),
  );
  const wildcards = claims.filter(({ domain }) => domain !== "*" && domain.includes("*"));
  if (wildcards.length > maxWildcards) return [];
  const suffixes = wildcards.filter(({ domain }) => domain.startsWith("*"));
  const prefixes = wildcards.filter(({ domain }) => domain.endsWith("*"));
  const found: Overlap[] = [];
  const add = (code: Overlap["code"], loser: Claim, winner: Claim): void => {
    if (loser.name !== winner.name) found.push({ code, loser, winner });
  };
  for (const loser of prefixes) {
    for (const winner of suffixes) add("lint/overlapping-domains", loser, winner);
  }
  for (const loser of wildcards) {
    if (found.length >= maxOverlaps) break;
    for (const winner of claims) {
      if (names(loser.domain, winner.domain)) add("lint/narrower-domain", loser, winner);
    }
  }
  return found.slice(0, maxOverlaps);
}

/** Whether every host that `narrow` names is named by `wide` too, which is another. */
function names(wide: string, narrow: string): boolean {
  if (wide === narrow || narrow === "*") return false;
  return wide.startsWith("*")
    ? !narrow.endsWith("*") && narrow.endsWith(wide.slice(1))
    : !narrow.startsWith("*") && narrow.startsWith(wide.slice(0, -1));
}

function diagnosticOf({ code, loser, winner }: Overlap, config: Config): Diagnostic | undefined {
  const own = config.virtualServices.get(loser.name);
  const other = config.virtualServices.get(winner.name);
  if (own === undefined || other === undefined) return undefined;
  const location = other.origin.locate(`/domains/${winner.index}`);
  const message = `claimed by VirtualService "${winner.name}"`;
  const target = { ...targetOf(own, `/domains/${loser.index}`), related: [{ message, location }] };
  const params = { domain: loser.domain, other: winner.domain, name: winner.name };
  return diagnostic(code, params, target);
}

function sameItems<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
