import { compareText } from "../lib/compare.js";

/** A set of resource names. Streams that ask for the same names share one object. */
export interface NameSet {
  readonly names: ReadonlySet<string>;
  /** The same, in the order of names. */
  readonly sorted: readonly string[];
  /** The same, in the order of the first request for them. */
  readonly asRequested: readonly string[];
}

/** Gives equal sets of names the same object, for as long as anyone uses it. */
export interface NameSets {
  readonly empty: NameSet;
  of(names: readonly string[]): NameSet;
}

/** Starts without any. */
export function createNameSets(): NameSets {
  const known = new Map<string, WeakRef<NameSet>>();
  const gone = new FinalizationRegistry<string>((key) => {
    if (known.get(key)?.deref() === undefined) known.delete(key);
  });
  const empty: NameSet = { names: new Set(), sorted: [], asRequested: [] };
  return {
    empty,
    of(requested) {
      if (requested.length === 0) return empty;
      const names = new Set(requested);
      const sorted = [...names].sort(compareText);
      const key = JSON.stringify(sorted);
      const shared = known.get(key)?.deref();
      if (shared !== undefined) return shared;
      const made = { names, sorted, asRequested: [...names] };
      known.set(key, new WeakRef(made));
      gone.register(made, key);
      return made;
    },
  };
}

/** Whether a request's list names exactly the set, each name once. Fast for a list that repeats. */
export function namesExactly(set: NameSet, list: readonly string[]): boolean {
  if (list.length !== set.names.size) return false;
  if (list.every((name, index) => name === set.asRequested[index])) return true;
  return list.every((name) => set.names.has(name)) && new Set(list).size === list.length;
}
