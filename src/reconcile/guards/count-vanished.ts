import type { Config, Located } from "../../model/resource.js";
import type { VirtualService } from "../../model/virtual-service.js";
import type { Snapshot } from "../../snapshot/snapshot.js";

/** How many of something are gone. */
export interface Vanished {
  readonly what: "routes" | "virtual services" | "upstreams" | "resources";
  readonly gone: number;
  readonly before: number;
}

/**
 * What of a config is not in another one. A route is gone when none of the domains that it was for has
 * one with the same matcher: neither a new name nor another destination makes it vanish. The work is
 * proportional to the virtual services that changed.
 */
export function countVanished(before: Config, after: Config): readonly Vanished[] {
  return [
    vanishedRoutes(before.virtualServices, after.virtualServices),
    vanishedServices(before.virtualServices, after.virtualServices),
    {
      what: "upstreams",
      gone: countMissing(before.upstreams, after.upstreams),
      before: before.upstreams.size,
    },
  ];
}

/** The same where only what Envoys are served is known. */
export function countVanishedResources(before: Snapshot, after: Snapshot): Vanished {
  let gone = 0;
  let all = 0;
  for (const [name, { sets }] of before.roles) {
    for (const [typeUrl, set] of sets) {
      const now = after.roles.get(name)?.sets.get(typeUrl);
      all += set.resources.size;
      if (now !== set) gone += countMissing(set.resources, now?.resources ?? new Map());
    }
  }
  return { what: "resources", gone, before: all };
}

function countMissing(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): number {
  if (before === after) return 0;
  let missing = 0;
  for (const name of before.keys()) if (!after.has(name)) missing++;
  return missing;
}

type Services = ReadonlyMap<string, Located<VirtualService>>;

function vanishedRoutes(before: Services, after: Services): Vanished {
  const kept = new Set<string>();
  for (const service of changedIn(after, before)) {
    for (const keys of routeKeys(service)) for (const key of keys) kept.add(key);
  }
  let gone = 0;
  for (const service of changedIn(before, after)) {
    for (const keys of routeKeys(service)) if (!keys.some((key) => kept.has(key))) gone++;
  }
  let all = 0;
  for (const { value } of before.values()) all += value.routes.length;
  return { what: "routes", gone, before: all };
}

/** A virtual service is gone when its name is, and nobody else has one of its domains. */
function vanishedServices(before: Services, after: Services): Vanished {
  const domains = new Set<string>();
  for (const { value } of changedIn(after, before)) {
    for (const domain of domainsOf(value)) domains.add(domain);
  }
  let gone = 0;
  for (const { ref, value } of changedIn(before, after)) {
    if (!after.has(ref.name) && !domainsOf(value).some((domain) => domains.has(domain))) gone++;
  }
  return { what: "virtual services", gone, before: before.size };
}

function* changedIn(of: Services, other: Services): Generator<Located<VirtualService>> {
  if (of === other) return;
  for (const [name, service] of of) if (other.get(name) !== service) yield service;
}

/** What tells a route, once for each domain. */
function routeKeys({ value }: Located<VirtualService>): readonly (readonly string[])[] {
  const domains = domainsOf(value);
  return value.routes.map((route) => {
    const matcher = JSON.stringify([route.request_matcher, route.event_matcher]);
    return domains.map((domain) => `${domain} ${matcher}`);
  });
}

/** Without domains it is for all of them. */
function domainsOf({ domains }: VirtualService): readonly string[] {
  return domains.length === 0 ? ["*"] : domains;
}
