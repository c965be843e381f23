import { compareText } from "../lib/compare.js";

/** What two maps have by the same name, in the order of names; without what is the same object in both. */
export function pairByName<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): readonly (readonly [name: string, before: T | undefined, after: T | undefined])[] {
  if (before === after) return [];
  const names = [...before.keys(), ...[...after.keys()].filter((name) => !before.has(name))];
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .sort(compareText)
    .map((name) => [name, before.get(name), after.get(name)] as const);
}
