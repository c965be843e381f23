import { typeUrls } from "../envoy/type-urls.js";
import { compareText } from "../lib/compare.js";
import type { JsonObject } from "../lib/json.js";
import type { ResourceSet, RoleSnapshot, Snapshot, XdsResource } from "../snapshot/snapshot.js";

/** A snapshot as the journal keeps it. Its secret sets are missing: only their names are kept. */
export interface StoredSnapshot {
  readonly snapshot: Snapshot;
  /** What the caller wants to find again with it. Holds no secrets. */
  readonly meta: JsonObject;
  /** Names of the secrets that each role is served, by role; the fallback's role is `""`. */
  readonly secretNames: ReadonlyMap<string, readonly string[]>;
}

/** A snapshot without the secrets in it: what may lie on a disk. */
export function withoutSecrets(snapshot: Snapshot, meta: JsonObject): StoredSnapshot {
  const secretNames = new Map<string, readonly string[]>();
  const strip = (role: RoleSnapshot, key: string): RoleSnapshot => {
    const secrets = role.sets.get(typeUrls.secret);
    if (secrets === undefined) return role;
    secretNames.set(key, [...secrets.resources.keys()]);
    const sets = new Map([...role.sets].filter(([typeUrl]) => typeUrl !== typeUrls.secret));
    return { role: role.role, sets };
  };
  const roles = new Map([...snapshot.roles].map(([name, role]) => [name, strip(role, name)]));
  const fallback = strip(snapshot.fallback, "");
  return { snapshot: { ...snapshot, roles, fallback }, meta, secretNames };
}

/** The head of a delta. Resources refer to types, sets to resources, by index. */
interface DeltaHead {
  readonly id: string;
  readonly commit: string;
  readonly meta: JsonObject;
  readonly secretNames: readonly (readonly [string, readonly string[]])[];
  readonly types: readonly string[];
  /** Type, name, version, bytes, name of the assignment (EDS clusters). Bytes follow in this order. */
  readonly resources: readonly (readonly [number, string, string, number, string?])[];
  readonly fallbackRole: string;
  /** Every role there is; the fallback is `""`. */
  readonly roles: readonly (readonly [string, readonly SetDelta[]])[];
}

/** Type, version of the set, resources to put in, names to take out. Types not listed are gone. */
type SetDelta = readonly [number, string, readonly number[], readonly string[]];

const fallbackKey = "";

/** What must be done to `before` to come to `after`. The bytes are a record's payload. */
export function encodeDelta(before: Snapshot | undefined, after: StoredSnapshot): Buffer {
  const types: string[] = [];
  const resources: [number, string, string, number, string?][] = [];
  const bodies: Uint8Array[] = [];
  const indexOfResource = new Map<string, number>();

  const typeIndex = (typeUrl: string): number => {
    const found = types.indexOf(typeUrl);
    return found >= 0 ? found : types.push(typeUrl) - 1;
  };
  const addResource = (
    type: number,
    { name, version, any, endpointsName }: XdsResource,
  ): number => {
    const key = `${type} ${version} ${name}`;
    let index = indexOfResource.get(key);
    if (index === undefined) {
      const row = [type, name, version, any.byteLength] as const;
      index = resources.push(endpointsName === undefined ? [...row] : [...row, endpointsName]) - 1;
      indexOfResource.set(key, index);
      bodies.push(any);
    }
    return index;
  };
  const setDelta = (typeUrl: string, set: ResourceSet, old: ResourceSet | undefined): SetDelta => {
    const type = typeIndex(typeUrl);
    if (old === set || (old !== undefined && old.version === set.version)) {
      return [type, set.version, [], []];
    }
    const put: number[] = [];
    for (const resource of set.resources.values()) {
      if (old?.resources.get(resource.name)?.version !== resource.version) {
        put.push(addResource(type, resource));
      }
    }
    const gone = [...(old?.resources.keys() ?? [])].filter((name) => !set.resources.has(name));
    return [type, set.version, put, gone];
  };
  const roleDelta = (key: string, role: RoleSnapshot, old: RoleSnapshot | undefined) =>
    [key, [...role.sets].map(([url, set]) => setDelta(url, set, old?.sets.get(url)))] as const;

  const { snapshot, meta, secretNames } = after;
  const head: DeltaHead = {
    id: snapshot.id,
    commit: snapshot.commit,
    meta,
    secretNames: [...secretNames],
    fallbackRole: snapshot.fallback.role,
    roles: [
      roleDelta(fallbackKey, snapshot.fallback, before?.fallback),
      ...[...snapshot.roles].map(([name, role]) => roleDelta(name, role, before?.roles.get(name))),
    ],
    types,
    resources,
  };
  const text = Buffer.from(JSON.stringify(head), "utf8");
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(text.byteLength);
  return Buffer.concat([length, text, ...bodies]);
}

/** Takes what {@link encodeDelta} made to what it was made against. The result shares `payload`. */
export function applyDelta(before: Snapshot | undefined, payload: Buffer): StoredSnapshot {
  const bodiesStart = 4 + payload.readUInt32BE(0);
  // The record's checksum holds, so this is what encodeDelta wrote.
  const head = JSON.parse(payload.toString("utf8", 4, bodiesStart)) as DeltaHead;
  let offset = bodiesStart;
  const resources = head.resources.map(([, name, version, length, endpointsName]): XdsResource => {
    const any = payload.subarray(offset, (offset += length));
    return endpointsName === undefined
      ? { name, version, any }
      : { name, version, any, endpointsName };
  });
  const roleOf = (key: string, role: string, deltas: readonly SetDelta[]): RoleSnapshot => {
    const old = key === fallbackKey ? before?.fallback : before?.roles.get(key);
    const sets = new Map<string, ResourceSet>();
    for (const [type, version, put, gone] of deltas) {
      const typeUrl = head.types[type] ?? "";
      sets.set(typeUrl, applySet(old?.sets.get(typeUrl), version, put, gone, resources));
    }
    return { role, sets };
  };
  const fallbackSets = head.roles.find(([key]) => key === fallbackKey)?.[1] ?? [];
  const roles = head.roles.filter(([key]) => key !== fallbackKey);
  return {
    snapshot: {
      id: head.id,
      commit: head.commit,
      roles: new Map(roles.map(([key, deltas]) => [key, roleOf(key, key, deltas)])),
      fallback: roleOf(fallbackKey, head.fallbackRole, fallbackSets),
    },
    meta: head.meta,
    secretNames: new Map(head.secretNames),
  };
}

function applySet(
  old: ResourceSet | undefined,
  version: string,
  put: readonly number[],
  gone: readonly string[],
  table: readonly XdsResource[],
): ResourceSet {
  if (old !== undefined && put.length === 0 && gone.length === 0) {
    return old.version === version ? old : { version, resources: old.resources };
  }
  const resources = new Map(old?.resources);
  for (const name of gone) resources.delete(name);
  let inOrder = true;
  for (const index of put) {
    const resource = table[index];
    if (resource === undefined) continue;
    inOrder &&= old === undefined || resources.has(resource.name);
    resources.set(resource.name, resource);
  }
  return { version, resources: inOrder ? resources : sorted(resources) };
}

function sorted(resources: ReadonlyMap<string, XdsResource>): ReadonlyMap<string, XdsResource> {
  return new Map([...resources].sort(([a], [b]) => compareText(a, b)));
}
