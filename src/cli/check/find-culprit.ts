import type { EncodedResource, RoleResources } from "../../envoy-binary/validation-bootstrap.js";
import { mapFields, readFields } from "../../envoy-binary/wire.js";
import { unwrapAny, wrapAny } from "../../envoy/codec.js";
import { typeUrls } from "../../envoy/type-urls.js";

/** What Envoy refuses about a role, if taking it away leaves something that Envoy takes. */
export interface Culprit {
  readonly kind: "cluster" | "virtual-host" | "listener";
  readonly name: string;
}

/**
 * Finds what makes Envoy refuse a role, by asking about ever smaller halves of it: some 2 log₂ n
 * questions. Undefined where no single thing is at fault, such as two listeners on one port.
 */
export async function findCulprit(
  role: RoleResources,
  isRefused: (part: RoleResources) => Promise<boolean>,
): Promise<Culprit | undefined> {
  const clusters = [...(role.sets.get(typeUrls.cluster)?.resources.keys() ?? [])];
  const withoutListeners = (names: ReadonlySet<string>): RoleResources =>
    withSets(withClusters(role, names), { listener: new Map(), route: new Map() });
  if (await isRefused(withoutListeners(new Set(clusters)))) {
    const name = await halve(clusters, (names) => isRefused(withoutListeners(new Set(names))));
    return name === undefined ? undefined : { kind: "cluster", name };
  }
  const hosts = virtualHostNames(role);
  if (!(await isRefused(withVirtualHosts(role, new Set())))) {
    const name = await halve(hosts, (names) => isRefused(withVirtualHosts(role, new Set(names))));
    return name === undefined ? undefined : { kind: "virtual-host", name };
  }
  const listeners = [...(role.sets.get(typeUrls.listener)?.resources.keys() ?? [])];
  const bare = withVirtualHosts(role, new Set());
  const name = await halve(listeners, (names) =>
    isRefused(withSets(bare, { listener: only(bare, "listener", new Set(names)) })),
  );
  return name === undefined ? undefined : { kind: "listener", name };
}

/** The one item that is refused by itself; `all` of them together are. */
async function halve(
  all: readonly string[],
  isRefused: (names: readonly string[]) => Promise<boolean>,
): Promise<string | undefined> {
  let rest = all;
  while (rest.length > 1) {
    const half = rest.slice(0, Math.ceil(rest.length / 2));
    rest = (await isRefused(half)) ? half : rest.slice(half.length);
  }
  const [name] = rest;
  return name !== undefined && (await isRefused([name])) ? name : undefined;
}

type Resources = ReadonlyMap<string, EncodedResource>;

function withClusters(role: RoleResources, names: ReadonlySet<string>): RoleResources {
  return withSets(role, {
    cluster: only(role, "cluster", names),
    endpoints: only(role, "endpoints", names),
  });
}

function withSets(
  role: RoleResources,
  changes: Readonly<Partial<Record<keyof typeof typeUrls, Resources>>>,
): RoleResources {
  const sets = new Map(role.sets);
  for (const [kind, resources] of Object.entries(changes)) {
    // The changes have the kinds as their keys.
    sets.set(typeUrls[kind as keyof typeof typeUrls], { resources });
  }
  return { role: role.role, sets };
}

function only(
  role: RoleResources,
  kind: keyof typeof typeUrls,
  names: ReadonlySet<string>,
): Resources {
  const all = role.sets.get(typeUrls[kind])?.resources ?? new Map<string, EncodedResource>();
  return new Map([...all].filter(([name]) => names.has(name)));
}

// Field numbers of the Envoy API, v3.
const virtualHostsOfTable = 2;
const nameOfVirtualHost = 1;

function nameOf(virtualHost: Uint8Array): string {
  const field = readFields(virtualHost)?.find(({ number }) => number === nameOfVirtualHost);
  return Buffer.from(field?.content ?? []).toString("utf8");
}

function virtualHostNames(role: RoleResources): readonly string[] {
  const tables = role.sets.get(typeUrls.route)?.resources.values() ?? [];
  const names = new Set<string>();
  for (const { any } of tables) {
    for (const { number, content } of readFields(unwrapAny(any).value) ?? []) {
      if (number === virtualHostsOfTable && content) names.add(nameOf(content));
    }
  }
  return [...names];
}

/** The role with only these virtual hosts in its route tables. */
function withVirtualHosts(role: RoleResources, names: ReadonlySet<string>): RoleResources {
  const tables = role.sets.get(typeUrls.route)?.resources ?? new Map<string, EncodedResource>();
  const route = new Map<string, EncodedResource>();
  for (const [name, table] of tables) {
    const { type, value } = unwrapAny(table.any);
    const kept = mapFields(value, (number, content) =>
      number !== virtualHostsOfTable || names.has(nameOf(content)) ? content : undefined,
    );
    route.set(name, { ...table, any: wrapAny(type, kept) });
  }
  return withSets(role, { route });
}
