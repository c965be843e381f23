import type { Diagnostic } from "./diagnostic.js";
import { identityOf } from "./fingerprint.js";

/** Diagnostics of a change, told apart by whether they were there before it. */
export interface NewAndKnown {
  readonly fresh: readonly Diagnostic[];
  readonly known: readonly Diagnostic[];
}

/**
 * Takes from the diagnostics those that were there before, each as often as it was. Lines do not count:
 * what has moved is no news. Nor do positions in lists, as far as numbers go: a route that was put before
 * others makes none of their mistakes new.
 */
export function subtractKnown(
  diagnostics: readonly Diagnostic[],
  before: readonly Diagnostic[],
): NewAndKnown {
  const exact = takeOut(diagnostics, before, (found) => JSON.stringify(identityOf(found)));
  const moved = takeOut(exact.fresh, exact.left, (found) =>
    JSON.stringify(identityOf(found)).replaceAll(/\d+/g, "0"),
  );
  const fresh = new Set(moved.fresh);
  return { fresh: [...fresh], known: diagnostics.filter((found) => !fresh.has(found)) };
}

function takeOut(
  diagnostics: readonly Diagnostic[],
  before: readonly Diagnostic[],
  keyOf: (found: Diagnostic) => string,
): { readonly fresh: readonly Diagnostic[]; readonly left: readonly Diagnostic[] } {
  const left = new Map<string, Diagnostic[]>();
  for (const old of before) {
    const key = keyOf(old);
    const others = left.get(key);
    if (others === undefined) left.set(key, [old]);
    else others.push(old);
  }
  const fresh = diagnostics.filter((found) => left.get(keyOf(found))?.pop() === undefined);
  return { fresh, left: [...left.values()].flat() };
}
