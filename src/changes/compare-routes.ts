import { describeCondition, describeOutcome } from "../routing/describe-route.js";
import type {
  ChainRoutes,
  CompiledRoute,
  HostRoutes,
  ListenerRoutes,
  RoleRoutes,
  RouteTable,
} from "../routing/route-table.js";
import type { ChangeKind, RouteChange } from "./changes.js";
import { pairByName } from "./pair-by-name.js";
import { compareFields, fieldsOfHost, fieldsOfRoute } from "./route-fields.js";

/** Routes that do not do what they did, in each role. */
export function compareRoutes(before: RouteTable, after: RouteTable): readonly RouteChange[] {
  const [was, is] = [rolesByName(before), rolesByName(after)];
  return pairByName(was, is).flatMap(([role, one, other]) =>
    pairByName(hostsOf(one), hostsOf(other)).flatMap(([, first, second]) =>
      compareHosts(role, first, second),
    ),
  );
}

function rolesByName({ roles }: RouteTable): ReadonlyMap<string, RoleRoutes> {
  return new Map(roles.map((role) => [role.role, role]));
}

/** A virtual service in one role, and where it is reached. */
interface ReachedHost {
  readonly host: HostRoutes;
  /** Such as `http 8080`. */
  readonly waysIn: readonly string[];
}

/** A virtual service is behind several listeners, and is the same there. */
function hostsOf(role: RoleRoutes | undefined): ReadonlyMap<string, ReachedHost> {
  const found = new Map<string, { host: HostRoutes; waysIn: string[] }>();
  for (const listener of role?.listeners ?? []) {
    for (const chain of listener.chains) {
      for (const host of chain.hosts) {
        const reached = found.get(host.virtualService) ?? { host, waysIn: [] };
        found.set(host.virtualService, reached);
        const way = wayIn(listener, chain);
        if (!reached.waysIn.includes(way)) reached.waysIn.push(way);
      }
    }
  }
  return found;
}

function wayIn({ port }: ListenerRoutes, { scheme, serverNames }: ChainRoutes): string {
  return `${scheme} ${port}${serverNames.length === 0 ? "" : ` (${serverNames.join(", ")})`}`;
}

function compareHosts(
  role: string,
  before: ReachedHost | undefined,
  after: ReachedHost | undefined,
): readonly RouteChange[] {
  const host = (after ?? before)?.host;
  if (host === undefined) return [];
  const { virtualService, domains, location } = host;
  const whole = { role, virtualService, domains, match: undefined, outcome: undefined };
  const hostChange = (change: ChangeKind, fields: RouteChange["fields"]): RouteChange => ({
    ...whole,
    change,
    index: undefined,
    location,
    fields,
  });
  const routes = compareRouteLists(before?.host.routes ?? [], after?.host.routes ?? [], {
    role,
    virtualService,
    domains,
  });
  if (before === undefined) return [hostChange("added", []), ...routes];
  if (after === undefined) return [hostChange("removed", []), ...routes];
  const fields = compareFields(
    fieldsOfHost(before.host, before.waysIn),
    fieldsOfHost(after.host, after.waysIn),
  );
  return [...(fields.length === 0 ? [] : [hostChange("changed", fields)]), ...routes];
}

type Within = Pick<RouteChange, "role" | "virtualService" | "domains">;

function compareRouteLists(
  before: readonly CompiledRoute[],
  after: readonly CompiledRoute[],
  within: Within,
): readonly RouteChange[] {
  if (before === after) return [];
  const pairs = pairRoutes(before, after);
  const kept = pairs.flatMap(({ was, is }) => (was && is ? [before.indexOf(was)] : []));
  const inOrder = longestIncreasing(kept);
  const found: RouteChange[] = [];
  for (const { was, is } of pairs) {
    const shown = is ?? was;
    if (shown === undefined) continue;
    const fields = was && is ? compareFields(fieldsOfRoute(was), fieldsOfRoute(is)) : [];
    const isMoved = was !== undefined && is !== undefined && !inOrder.has(before.indexOf(was));
    const change: ChangeKind | undefined =
      was === undefined
        ? "added"
        : is === undefined
          ? "removed"
          : fields.length > 0
            ? "changed"
            : isMoved
              ? "moved"
              : undefined;
    if (change === undefined) continue;
    const place = { field: "place", before: nth(was), after: nth(is) };
    found.push({
      change,
      ...within,
      match: describeCondition(shown.match),
      outcome: describeOutcome(shown.outcome),
      index: shown.index,
      location: shown.location,
      fields: isMoved ? [...fields, place] : fields,
    });
  }
  return found;
}

function nth(route: CompiledRoute | undefined): string {
  return route === undefined ? "" : String(route.index + 1);
}

interface Pair {
  readonly was: CompiledRoute | undefined;
  readonly is: CompiledRoute | undefined;
}

/**
 * Pairs routes that take the same requests; of the rest, those that do the same with other requests. In
 * the order of the later list; what is gone comes last.
 */
function pairRoutes(
  before: readonly CompiledRoute[],
  after: readonly CompiledRoute[],
): readonly Pair[] {
  const left = new Set(before);
  const partners = new Map<CompiledRoute, CompiledRoute>();
  for (const keyOf of [matchKey, outcomeKey]) {
    const byKey = new Map<string, CompiledRoute[]>();
    for (const route of left) push(byKey, keyOf(route), route);
    for (const route of after) {
      if (partners.has(route)) continue;
      const partner = byKey.get(keyOf(route))?.shift();
      if (partner === undefined) continue;
      partners.set(route, partner);
      left.delete(partner);
    }
  }
  return [
    ...after.map((is) => ({ was: partners.get(is), is })),
    ...[...left].map((was) => ({ was, is: undefined })),
  ];
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const matchKey = ({ match }: CompiledRoute): string => JSON.stringify(match);
const outcomeKey = ({ outcome }: CompiledRoute): string => JSON.stringify(outcome);

/** Of a list of different numbers, as many as possible that are in order where they stand. */
function longestIncreasing(list: readonly number[]): ReadonlySet<number> {
  // tails[n]: the smallest number that ends an increasing run of n + 1; patience sorting.
  const tails: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const value of list) {
    let at = tails.findIndex((tail) => tail > value);
    if (at < 0) at = tails.length;
    previous.set(value, tails[at - 1]);
    tails[at] = value;
  }
  const found = new Set<number>();
  for (let at = tails.at(-1); at !== undefined; at = previous.get(at)) found.add(at);
  return found;
}
