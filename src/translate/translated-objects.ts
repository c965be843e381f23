import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Located } from "../model/resource.js";

interface Translated {
  readonly diagnostics: readonly Diagnostic[];
}

/** What became of the objects of one kind, kept from one translation to the next. */
export interface TranslatedObjects<Source, Value extends Translated> {
  /** In the order of the sources. Holds until the next update. */
  readonly byName: ReadonlyMap<string, Value>;
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Translates what changed, and what `isStale` says of. Gives the names whose values are other ones than
   * before; undefined if names came or went.
   */
  update(
    sources: ReadonlyMap<string, Located<Source>>,
    translate: (source: Located<Source>) => Value,
    isStale: (known: Value) => boolean,
  ): ReadonlySet<string> | undefined;
}

/** Creates an empty collection. */
export function createTranslatedObjects<Source, Value extends Translated>(): TranslatedObjects<
  Source,
  Value
> {
  let last: ReadonlyMap<string, Located<Source>> = new Map();
  let byName = new Map<string, Value>();
  const notable = new Set<string>();

  const keep = (name: string, value: Value): void => {
    byName.set(name, value);
    if (value.diagnostics.length > 0) notable.add(name);
    else notable.delete(name);
  };

  return {
    get byName() {
      return byName;
    },
    get diagnostics() {
      return [...notable].flatMap((name) => byName.get(name)?.diagnostics ?? []);
    },
    update(sources, translate, isStale) {
      const before = last;
      // Should translating throw, nothing is taken for known the next time.
      last = new Map();
      const changed = sameKeys(before, sources) ? new Set<string>() : undefined;
      if (changed === undefined) {
        byName = new Map();
        notable.clear();
        for (const [name, source] of sources) keep(name, translate(source));
      } else {
        const oldSources = before.values();
        const oldValues = byName.values();
        for (const [name, source] of sources) {
          const known = oldValues.next().value;
          const isSame = oldSources.next().value === source;
          if (isSame && known !== undefined && !isStale(known)) continue;
          const value = translate(source);
          if (value === known) continue;
          keep(name, value);
          changed.add(name);
        }
      }
      last = sources;
      return changed;
    },
  };
}

/** Whether both have the same keys in the same order. */
function sameKeys(
  left: ReadonlyMap<string, unknown>,
  right: ReadonlyMap<string, unknown>,
): boolean {
  if (left === right) return true;
  if (left.size !== right.size) return false;
  const others = right.keys();
  for (const key of left.keys()) if (key !== others.next().value) return false;
  return true;
}
