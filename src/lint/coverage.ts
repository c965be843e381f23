import { isDeepStrictEqual } from "node:util";
import { matchesWhole } from "../routing/regex.js";
import type {
  CompiledRoute,
  PathCondition,
  RouteCondition,
  ValueCondition,
} from "../routing/route-table.js";
import { literalStart, matchesAllPaths } from "./regex-lint.js";

/** The routes so far, of which one may cover the next: take every request that it would. */
export interface Coverage {
  add(route: CompiledRoute): void;
  /** The first route that covers it, as far as that can be told from the two alone. */
  firstCovering(route: CompiledRoute): CompiledRoute | undefined;
}

/** Routes with one path, and regexes of one virtual service, that are compared with each other. */
const maxAlike = 64;

/**
 * Creates an empty coverage. A route is compared with those whose path is its own or begins it, and with
 * regexes, so that ten thousand routes take no ten thousand comparisons each.
 */
export function createCoverage(): Coverage {
  const byPath = new Map<string, CompiledRoute[]>();
  const lengths = new Set<number>();
  const others: CompiledRoute[] = [];

  const alike = (text: string): readonly CompiledRoute[] => byPath.get(text) ?? [];

  return {
    add(route) {
      const { path, unjudged } = route.match;
      if (unjudged.length > 0) return;
      const isOpen = path.kind === "regex" || path.kind === "any" || path.text.length < 2;
      if (isOpen || path.ignoreCase) {
        if (others.length < maxAlike) others.push(route);
        return;
      }
      const known = byPath.get(path.text);
      if (known === undefined) {
        byPath.set(path.text, [route]);
        lengths.add(path.text.length);
      } else if (known.length < maxAlike) known.push(route);
    },
    firstCovering(route) {
      const { path } = route.match;
      const text = path.kind === "regex" ? literalStart(path.text) : path.text;
      const starts = [...lengths].filter((length) => length <= text.length);
      const candidates = [
        ...starts.flatMap((length) => alike(text.slice(0, length))),
        ...others,
      ].filter((candidate) => covers(candidate.match, route.match));
      return candidates.reduce<CompiledRoute | undefined>(
        (first, next) => (first === undefined || next.index < first.index ? next : first),
        undefined,
      );
    },
  };
}

/** A prefix, and nothing else that a request must have. */
export function isPlainPrefix({ match }: CompiledRoute): boolean {
  const { path, methods, headers, query } = match;
  return (
    path.kind === "prefix" && methods === undefined && headers.length === 0 && query.length === 0
  );
}

/** Whether both ask for the same, in whatever order. */
export function equalConditions(one: RouteCondition, other: RouteCondition): boolean {
  return covers(one, other) && covers(other, one);
}

/** Whether every request that fits `inner` fits `outer` too; false if that cannot be told. */
export function covers(outer: RouteCondition, inner: RouteCondition): boolean {
  const { methods } = outer;
  return (
    outer.unjudged.length === 0 &&
    coversPath(outer.path, inner.path) &&
    (methods === undefined ||
      (inner.methods?.every((method) => methods.includes(method)) ?? false)) &&
    outer.headers.every((header) => isImplied(header, inner.headers, sameHeader)) &&
    outer.query.every((value) => isImplied(value, inner.query, sameText))
  );
}

function coversPath(outer: PathCondition, inner: PathCondition): boolean {
  if (outer.kind === "any" || (outer.kind === "prefix" && /^\/?$/.test(outer.text))) return true;
  if (outer.kind === "regex" && matchesAllPaths(outer.text)) return true;
  if (isDeepStrictEqual(outer, inner)) return true;
  if (inner.kind === "any" || (inner.ignoreCase && !outer.ignoreCase)) return false;
  const fold = (text: string): string => (outer.ignoreCase ? text.toLowerCase() : text);
  const begins = (text: string): boolean => fold(text).startsWith(fold(outer.text));
  switch (outer.kind) {
    case "prefix":
      return begins(inner.kind === "regex" ? literalStart(inner.text) : inner.text);
    case "segment-prefix":
      return inner.kind !== "regex" && begins(inner.text) && endsSegment(outer.text, inner);
    case "exact":
      return inner.kind === "exact" && fold(inner.text) === fold(outer.text);
    case "regex":
      return inner.kind === "exact" && matchesWhole(outer.text, inner.text);
  }
}

/** Whether what stands behind a prefix of whole segments is another segment, or nothing. */
function endsSegment(prefix: string, { kind, text }: PathCondition): boolean {
  const next = text.charAt(prefix.length);
  return next === "/" || (next === "" && kind !== "prefix");
}

const sameText = (one: string, other: string): boolean => one === other;
const sameHeader = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase();

/** Whether what the conditions ask for, together with others, asks for this one too. */
function isImplied(
  { name, ...condition }: ValueCondition,
  conditions: readonly ValueCondition[],
  isSame: (one: string, other: string) => boolean,
): boolean {
  return conditions.some(({ name: other, ...own }) => {
    if (!isSame(name, other)) return false;
    if (isDeepStrictEqual(condition, own)) return true;
    const asksForValue = !own.not && own.kind !== "absent";
    if (condition.not || !asksForValue) return false;
    if (condition.kind === "present") return true;
    return (
      condition.kind === "regex" && own.kind === "exact" && matchesWhole(condition.text, own.text)
    );
  });
}
