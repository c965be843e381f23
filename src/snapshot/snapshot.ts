/** One xDS resource, encoded once and shared by every stream. */
export interface XdsResource {
  readonly name: string;
  /** Content hash of `any`. */
  readonly version: string;
  /** A serialised `google.protobuf.Any`: type URL and body. */
  readonly any: Uint8Array;
  /** Of a cluster of type EDS: the name of the assignment that Envoy asks for. */
  readonly endpointsName?: string;
}

/** All resources of one type for one role. */
export interface ResourceSet {
  /** Content hash over names and versions, in name order. */
  readonly version: string;
  /** By name, in the order of names (UTF-16 code units). */
  readonly resources: ReadonlyMap<string, XdsResource>;
}

/** What the Envoys of one role are served. Sets by type URL; a type that is absent is empty. */
export interface RoleSnapshot {
  readonly role: string;
  readonly sets: ReadonlyMap<string, ResourceSet>;
}

/** What one commit means for every Envoy. Immutable. */
export interface Snapshot {
  /** Content hash over the versions of all sets of all roles. */
  readonly id: string;
  /** The commit it was made from; other commits may give the same snapshot. */
  readonly commit: string;
  /** By role, in name order. */
  readonly roles: ReadonlyMap<string, RoleSnapshot>;
  /** For nodes whose id names no role, or a role that is not in `roles`: answers 500 and says why. */
  readonly fallback: RoleSnapshot;
}
