import type { VirtualHost } from "../envoy/generated/messages.js";
import { typeUrls, type ResourceKind } from "../envoy/type-urls.js";
import { createListMemo, type ListMemo } from "../lib/list-memo.js";
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
  let lists: ReadonlyMap<string, RoleLists> = new Map();
  return {
    assemble(commit, translation) {
      const roles = new Map<string, RoleSnapshot>();
      const tables = new Map<string, KnownTable>();
      const next = new Map<string, RoleLists>();
      for (const [name, role] of translation.roles) {
        const own = lists.get(name) ?? createRoleLists(encoder);
        next.set(name, own);
        roles.set(name, assembleRole(role, last?.roles.get(name), { encoder, tables, lists: own }));
      }
      const fallback = assembleRole(translation.fallback, last?.fallback, {
        encoder,
        tables,
        lists: createRoleLists(encoder),
      });
      lists = next;
      encoder.keepTables(tables);
      last = { id: snapshotIdOf({ roles, fallback }), commit, roles, fallback };
      return last;
    },
  };
}

/** The long lists of a role: of two that are alike, only the difference is gone through. */
interface RoleLists {
  readonly clusters: ListMemo<RoleTranslation["clusters"][number], XdsResource>;
  readonly assignments: ListMemo<RoleTranslation["assignments"][number], XdsResource>;
}

function createRoleLists(encoder: Encoder): RoleLists {
  return {
    clusters: createListMemo(encoder.cluster),
    assignments: createListMemo(encoder.assignment),
  };
}

/** What the snapshot of a role is made with. */
interface RoleParts {
  readonly encoder: Encoder;
  readonly tables: Map<string, KnownTable>;
  readonly lists: RoleLists;
}

function assembleRole(
  role: RoleTranslation,
  before: RoleSnapshot | undefined,
  { encoder, tables, lists }: RoleParts,
): RoleSnapshot {
  const resources: Readonly<Record<ResourceKind, readonly XdsResource[]>> = {
    secret: role.secrets.map(encoder.secret),
    cluster: lists.clusters(role.clusters),
    endpoints: lists.assignments(role.assignments),
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
  const changed = before && changedResources(made, before);
  if (before !== undefined && changed?.length === 0) return before;
  const resources = new Map(changed && before?.resources);
  for (const resource of changed ?? made) {
    const old = before?.resources.get(resource.name);
    resources.set(resource.name, sameVersion(old, resource) ? old : resource);
  }
  return { version: versionOf(resources.values()), resources };
}

/** Those that are not as before; undefined if the names are other ones. */
function changedResources(
  made: readonly XdsResource[],
  before: ResourceSet,
): readonly XdsResource[] | undefined {
  if (made.length !== before.resources.size) return undefined;
  const olds = before.resources.values();
  const changed: XdsResource[] = [];
  for (const resource of made) {
    const old = olds.next().value;
    if (resource === old) continue;
    if (resource.name !== old?.name) return undefined;
    if (!sameVersion(old, resource)) changed.push(resource);
  }
  return changed;
}

/** A message made anew may say the same as before: then it stays the same resource. */
function sameVersion(old: XdsResource | undefined, made: XdsResource): old is XdsResource {
  return old !== undefined && old.version === made.version;
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
