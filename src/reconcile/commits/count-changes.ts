import type { Build } from "../../pipeline.js";
import type { Snapshot } from "../../snapshot/snapshot.js";

/** How many of one kind a commit brings, changes and takes away. */
export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** What a commit changes, counted. Kinds of which nothing changes are absent. */
export interface CommitChanges {
  /** The commit that it was compared with: its parent if that was at hand, else what was served. */
  readonly since?: string;
  /** Objects of the config, by kind. Absent: what it was compared with could not be read. */
  readonly objects?: Readonly<Record<string, ChangeCounts>>;
  /** What Envoys are sent, by type URL, over all roles. */
  readonly resources: Readonly<Record<string, ChangeCounts>>;
}

/** A commit as far as it is known, to compare another with. */
export interface Base {
  readonly commit: string;
  readonly snapshot: Snapshot;
  readonly config: Build["config"] | undefined;
}

/** Counts what `build` changes. No base: all of it is new. */
export function countChanges(base: Base | undefined, build: Build): CommitChanges {
  const resources = countResources(base?.snapshot, build.snapshot);
  if (base === undefined) return { objects: countObjects(undefined, build.config), resources };
  const { commit: since, config } = base;
  const objects = config === undefined ? {} : { objects: countObjects(config, build.config) };
  return { since, ...objects, resources };
}

function countObjects(
  before: Build["config"] | undefined,
  after: Build["config"],
): Readonly<Record<string, ChangeCounts>> {
  const kinds = {
    Upstream: [before?.upstreams, after.upstreams],
    VirtualService: [before?.virtualServices, after.virtualServices],
    Role: [before?.roles, after.roles],
    Attribute: [before?.attributes, after.attributes],
  } as const;
  return withoutNone(
    Object.entries(kinds).map(([kind, [old, now]]) => [
      kind,
      // An object that did not change is the same one; what was only parsed again looks the same.
      countMaps<{ readonly value: unknown }>(old, now, (left, right) => sameValue(left, right)),
    ]),
  );
}

function sameValue(left: { readonly value: unknown }, right: { readonly value: unknown }): boolean {
  return left === right || JSON.stringify(left.value) === JSON.stringify(right.value);
}

function countResources(
  before: Snapshot | undefined,
  after: Snapshot,
): Readonly<Record<string, ChangeCounts>> {
  const sums = new Map<string, ChangeCounts>();
  const roles = new Set([...(before?.roles.keys() ?? []), ...after.roles.keys()]);
  for (const role of roles) {
    const old = before?.roles.get(role)?.sets;
    const now = after.roles.get(role)?.sets;
    for (const typeUrl of new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])) {
      const [was, is] = [old?.get(typeUrl), now?.get(typeUrl)];
      if (was?.version === is?.version) continue;
      const counts = countMaps(
        was?.resources,
        is?.resources,
        (left, right) => left.version === right.version,
      );
      sums.set(typeUrl, add(sums.get(typeUrl), counts));
    }
  }
  return withoutNone([...sums]);
}

function countMaps<T>(
  before: ReadonlyMap<string, T> = new Map(),
  after: ReadonlyMap<string, T> = new Map(),
  isSame: (left: T, right: T) => boolean,
): ChangeCounts {
  if (before === after) return none;
  let [added, changed, removed] = [0, 0, 0];
  for (const [name, now] of after) {
    const old = before.get(name);
    if (old === undefined) added++;
    else if (!isSame(old, now)) changed++;
  }
  for (const name of before.keys()) if (!after.has(name)) removed++;
  return { added, changed, removed };
}

const none: ChangeCounts = { added: 0, changed: 0, removed: 0 };

function add(left: ChangeCounts = none, right: ChangeCounts): ChangeCounts {
  return {
    added: left.added + right.added,
    changed: left.changed + right.changed,
    removed: left.removed + right.removed,
  };
}

function withoutNone(
  counts: readonly (readonly [string, ChangeCounts])[],
): Readonly<Record<string, ChangeCounts>> {
  return Object.fromEntries(
    counts.filter(([, { added, changed, removed }]) => added + changed + removed > 0),
  );
}
