import type { VirtualHost } from "../envoy/generated/messages.js";
import { typeUrls, type ResourceKind } from "../envoy/type-urls.js";
import type { RoleTranslation, RouteTable, Translation } from "../translate/translation.js";
import {
  assignmentResource,
  clusterResource,
  encodeVirtualHost,
  listenerResource,
  routeTableResource,
  secretResource,
} from "./encode.js";
import type { ResourceSet, RoleSnapshot, Snapshot, XdsResource } from "./snapshot.js";
import { snapshotIdOf } from "./snapshot-id.js";
import { versionOf } from "./version.js";

/** Makes snapshots. What it remembers saves work, and never changes what it makes. */
export interface Assembler {
  /**
   * The snapshot of a translation. Each message is encoded once, whatever the number of roles and
   * builds; resources and sets that did not change since the last snapshot are the same objects.
   */
  assemble(commitOid: string, translation: Translation): Snapshot;
}

/** Creates an assembler. */
export function createAssembler(): Assembler {
  const encoder = createEncoder();
  let last: Snapshot | undefined;
  return {
    assemble(commit, translation) {
      const roles = new Map<string, RoleSnapshot>();
      const tables = new Map<string, KnownTable>();
      for (const [name, role] of translation.roles) {
        roles.set(name, assembleRole(role, last?.roles.get(name), encoder, tables));
      }
      const fallback = assembleRole(translation.fallback, last?.fallback, encoder, tables);
      encoder.keepTables(tables);
      last = { id: snapshotIdOf({ roles, fallback }), commit, roles, fallback };
      return last;
    },
  };
}

function assembleRole(
  role: RoleTranslation,
  before: RoleSnapshot | undefined,
  encoder: Encoder,
  tables: Map<string, KnownTable>,
): RoleSnapshot {
  const resources: Readonly<Record<ResourceKind, readonly XdsResource[]>> = {
    secret: role.secrets.map(encoder.secret),
    cluster: role.clusters.map(encoder.cluster),
    endpoints: role.assignments.map(encoder.assignment),
    listener: role.listeners.map(encoder.listener),
    route: role.routeTables.map((table) => encoder.table(role.role, table, tables)),
  };
  const sets = new Map<string, ResourceSet>();
  for (const [kind, typeUrl] of Object.entries(typeUrls)) {
    // typeUrls has the resource kinds as its keys.
    const made = resources[kind as ResourceKind];
    if (made.length > 0) sets.set(typeUrl, setOf(made, before?.sets.get(typeUrl)));
  }
  return { role: role.role, sets };
}

/** The set of these resources, which are in name order; the last one, if nothing changed. */
function setOf(made: readonly XdsResource[], before: ResourceSet | undefined): ResourceSet {
  const resources = new Map<string, XdsResource>();
  let same = before?.resources.size === made.length;
  for (const resource of made) {
    const old = before?.resources.get(resource.name);
    // A message made anew may say the same as before: then it stays the same resource.
    const kept = old !== undefined && old.version === resource.version ? old : resource;
    same &&= kept === old;
    resources.set(resource.name, kept);
  }
  if (same && before !== undefined) return before;
  return { version: versionOf(resources.values()), resources };
}

interface KnownTable {
  readonly virtualHosts: readonly VirtualHost[];
  readonly resource: XdsResource;
}

interface Encoder {
  readonly secret: (message: RoleTranslation["secrets"][number]) => XdsResource;
  readonly cluster: (message: RoleTranslation["clusters"][number]) => XdsResource;
  readonly assignment: (message: RoleTranslation["assignments"][number]) => XdsResource;
  readonly listener: (message: RoleTranslation["listeners"][number]) => XdsResource;
  /** The resource of a table; it is noted in `tables`, which the next build looks it up in. */
  readonly table: (role: string, table: RouteTable, tables: Map<string, KnownTable>) => XdsResource;
  readonly keepTables: (tables: ReadonlyMap<string, KnownTable>) => void;
}

/** Encodes each message once, by identity. */
function createEncoder(): Encoder {
  const virtualHostBytes = onceEach(encodeVirtualHost);
  let known: ReadonlyMap<string, KnownTable> = new Map();
  return {
    secret: onceEach(secretResource),
    cluster: onceEach(clusterResource),
    assignment: onceEach(assignmentResource),
    listener: onceEach(listenerResource),
    table(role, table, tables) {
      const key = `${role} ${table.name}`;
      const before = known.get(key);
      const resource =
        before !== undefined && sameItems(before.virtualHosts, table.virtualHosts)
          ? before.resource
          : routeTableResource(table, virtualHostBytes);
      tables.set(key, { virtualHosts: table.virtualHosts, resource });
      return resource;
    },
    keepTables(tables) {
      known = tables;
    },
  };
}

function onceEach<T extends object, R extends object>(make: (message: T) => R): (message: T) => R {
  const made = new WeakMap<T, R>();
  return (message) => {
    let result = made.get(message);
    if (result === undefined) made.set(message, (result = make(message)));
    return result;
  };
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
