import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import { compareText } from "../lib/compare.js";
import type { Kind, Located } from "../model/resource.js";
import type { CheckedObject } from "./object-check.js";

/** The objects of one kind. Names are unique: the first in the order of the tree keeps its name. */
export interface KindIndex {
  /** Those that are sound, in the order of names. */
  readonly located: ReadonlyMap<string, Located<unknown>>;
  /** The same object (`===`) as long as `located` has the same names. */
  readonly names: object;
  /** Names of objects that are left out. The same set as long as it holds the same. */
  readonly broken: ReadonlySet<string>;
  /** Objects with something to say, or with secrets to look for. */
  readonly notable: readonly CheckedObject[];
  /** About names that are taken. */
  readonly duplicates: readonly Diagnostic[];
}

const emptyIndex: KindIndex = {
  located: new Map(),
  names: {},
  broken: new Set(),
  notable: [],
  duplicates: [],
};

/** What became of the objects of one kind. */
export interface KindChange {
  readonly removed: readonly CheckedObject[];
  readonly added: readonly CheckedObject[];
}

/**
 * Indexes the objects of a kind. Given the index before a change, it costs no more than a walk over the
 * names, unless names are taken twice.
 */
export function indexKind(
  kind: Kind,
  objects: readonly CheckedObject[],
  before: KindIndex = emptyIndex,
  change: KindChange = { removed: [], added: objects },
): KindIndex {
  const located = changedNames(before, change);
  if (located === undefined) return indexAnew(kind, objects);
  const broken = new Set(before.broken);
  for (const { name } of change.removed) if (name !== undefined) broken.delete(name);
  for (const { name, located: own } of change.added) {
    if (name !== undefined && own === undefined) broken.add(name);
  }
  return {
    located,
    names: sameNames(change) ? before.names : {},
    broken: equalSets(broken, before.broken) ? before.broken : broken,
    notable: objects.filter(isNotable),
    duplicates: [],
  };
}

/** The sound objects after a change; undefined if names are taken twice before it or after it. */
function changedNames(
  { located, broken, duplicates }: KindIndex,
  { removed, added }: KindChange,
): ReadonlyMap<string, Located<unknown>> | undefined {
  if (duplicates.length > 0) return undefined;
  const gone = new Set(removed.map(({ name }) => name));
  const come = new Set<string>();
  for (const { name } of added) {
    if (name === undefined) continue;
    const isTaken = (located.has(name) || broken.has(name)) && !gone.has(name);
    if (isTaken || come.has(name)) return undefined;
    come.add(name);
  }
  const sound = added.flatMap(({ located: own }) => own ?? []);
  if (sound.every(({ ref }) => located.has(ref.name)) && sameNames({ removed, added })) {
    // The order of names stays as it is.
    const changed = new Map(located);
    for (const own of sound) changed.set(own.ref.name, own);
    return changed;
  }
  return merged(located, gone, sound);
}

function merged(
  located: ReadonlyMap<string, Located<unknown>>,
  gone: ReadonlySet<string | undefined>,
  sound: readonly Located<unknown>[],
): ReadonlyMap<string, Located<unknown>> {
  const inOrder = [...sound].sort((a, b) => compareText(a.ref.name, b.ref.name));
  const result = new Map<string, Located<unknown>>();
  let next = 0;
  for (const [name, own] of located) {
    for (let add = inOrder[next]; add !== undefined && add.ref.name < name; add = inOrder[++next]) {
      result.set(add.ref.name, add);
    }
    if (!gone.has(name)) result.set(name, own);
  }
  for (const add of inOrder.slice(next)) result.set(add.ref.name, add);
  return result;
}

/** Whether the sound ones of both have the same names. */
function sameNames({ removed, added }: KindChange): boolean {
  const names = (all: readonly CheckedObject[]): readonly string[] =>
    all.flatMap(({ located, name = "" }) => (located === undefined ? [] : [name])).sort();
  const [before, after] = [names(removed), names(added)];
  return before.length === after.length && before.every((name, index) => name === after[index]);
}

function equalSets(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((item) => right.has(item));
}

function isNotable({ diagnostics, secretUses }: CheckedObject): boolean {
  return diagnostics.length > 0 || secretUses.length > 0;
}

function indexAnew(kind: Kind, objects: readonly CheckedObject[]): KindIndex {
  const firsts = new Map<string, CheckedObject>();
  const duplicates: Diagnostic[] = [];
  for (const own of objects) {
    if (own.name === undefined) continue;
    const first = firsts.get(own.name);
    if (first === undefined) firsts.set(own.name, own);
    else duplicates.push(duplicateName(kind, own.name, own, first));
  }
  const all = [...firsts].sort(([a], [b]) => compareText(a, b));
  const isFirst = (own: CheckedObject): boolean =>
    own.name === undefined || firsts.get(own.name) === own;
  return {
    located: new Map(
      all.flatMap(([name, { located }]) => (located === undefined ? [] : [[name, located]])),
    ),
    names: {},
    broken: new Set(all.flatMap(([name, { located }]) => (located === undefined ? [name] : []))),
    // Of an object whose name is taken, its own mistakes are told, but not those of its secrets.
    notable: objects
      .filter(isNotable)
      .map((own) => (isFirst(own) ? own : { ...own, secretUses: [] })),
    duplicates,
  };
}

function duplicateName(
  kind: Kind,
  name: string,
  own: CheckedObject,
  first: CheckedObject,
): Diagnostic {
  const { location } = first.nameTarget();
  const related = location && [{ message: "it is first declared here", location }];
  const target = { ...own.nameTarget(), ...(related && { related }) };
  return diagnostic("name/duplicate", { kind, name }, target);
}
