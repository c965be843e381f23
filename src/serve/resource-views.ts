import { compareText } from "../lib/compare.js";
import { lazy } from "../lib/lazy.js";
import { createPairMemo } from "../lib/pair-memo.js";
import { resourceSetOf } from "../snapshot/resource-set.js";
import type { ResourceSet, XdsResource } from "../snapshot/snapshot.js";
import { versionOf } from "../snapshot/version.js";
import { createNameSets, type NameSet, type NameSets } from "./name-set.js";
import type { Subscription } from "./subscription.js";

/** What it takes to come from one set of resources to another. Names in order. */
export interface SetDiff {
  /** Of the two sets; equal keys mean equal changes. */
  readonly key: string;
  /** Added, or there in another version. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Whether a name is among the two lists above. */
  has(name: string): boolean;
}

/** An absent type, and what a client has at first. */
export const emptySet: ResourceSet = { version: versionOf([]), resources: new Map() };

/**
 * What streams derive from resource sets. Streams in the same situation get the same object, computed
 * once: with 500 streams on one role, a change costs one comparison and one encoding.
 */
export interface ResourceViews {
  readonly nameSets: NameSets;
  /** The part of a set that a subscription covers; the set itself if that is all of it. */
  select(set: ResourceSet, of: Pick<Subscription, "wildcard" | "names">): ResourceSet;
  /** All of `after`, and of `before` what is not in it; `after` itself if that is all. */
  union(before: ResourceSet, after: ResourceSet): ResourceSet;
  diff(before: ResourceSet, after: ResourceSet): SetDiff;
  /** A set but for these names. Not remembered: `names` is empty for all but few streams. */
  without(set: ResourceSet, names: ReadonlySet<string>): ResourceSet;
  /** Lets go of what no stream asked for since the last call. */
  age(): void;
}

/** Starts with nothing remembered. */
export function createResourceViews(): ResourceViews {
  const selections = createPairMemo(selectNames);
  const unions = createPairMemo(unionOf);
  const diffs = createPairMemo(diffOf);
  return {
    nameSets: createNameSets(),
    select(set, { wildcard, names }) {
      if (wildcard) return set;
      return names.names.size === 0 ? emptySet : selections.get(set, names);
    },
    union: (before, after) => (before === emptySet ? after : unions.get(before, after)),
    diff: (before, after) => (before.version === after.version ? noDiff : diffs.get(before, after)),
    without(set, names) {
      if (names.size === 0) return set;
      return setInOrder([...set.resources.values()].filter(({ name }) => !names.has(name)));
    },
    age() {
      for (const memo of [selections, unions, diffs]) memo.age();
    },
  };
}

const noDiff: SetDiff = { key: "", changed: [], removed: [], has: () => false };

function selectNames(set: ResourceSet, { sorted }: NameSet): ResourceSet {
  const found = sorted.flatMap((name) => set.resources.get(name) ?? []);
  if (found.length === set.resources.size) return set;
  return setInOrder(found);
}

function unionOf(before: ResourceSet, after: ResourceSet): ResourceSet {
  const stale = [...before.resources.values()].filter(({ name }) => !after.resources.has(name));
  return resourceSetOf([...after.resources.values(), ...stale]);
}

function setInOrder(resources: readonly XdsResource[]): ResourceSet {
  return {
    version: versionOf(resources),
    resources: new Map(resources.map((resource) => [resource.name, resource])),
  };
}

function diffOf(before: ResourceSet, after: ResourceSet): SetDiff {
  const changed: string[] = [];
  const removed: string[] = [];
  for (const [name, { version }] of after.resources) {
    if (before.resources.get(name)?.version !== version) changed.push(name);
  }
  for (const name of before.resources.keys()) {
    if (!after.resources.has(name)) removed.push(name);
  }
  removed.sort(compareText);
  const names = lazy(() => new Set([...changed, ...removed]));
  return {
    key: `${before.version}>${after.version}`,
    changed,
    removed,
    has: (name) => names().has(name),
  };
}
