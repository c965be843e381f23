import type { RequestParameters, ResponseParameters } from "../model/generated/plugins.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { Parameters } from "../templates/compile-function.js";
import { parsePattern, type Pattern } from "../templates/pattern.js";
import type { HookContext } from "../translate/plugin.js";

/** What a route says about parameters, with the place of it. */
interface Written {
  readonly pattern: string;
  /** What a pattern without names takes. */
  readonly whole: string;
  readonly pointer: JsonPointer;
  keep(pattern: Pattern): void;
}

/** More than any route needs; the code that takes them has a limit. */
const maxParameters = 64;

/**
 * Reads the patterns of a route's parameters, those of the request or of the response. What is wrong is
 * reported if there is a `context`; the pattern is then left out.
 */
export function readParameters(
  parameters: RequestParameters | ResponseParameters,
  pointer: JsonPointer,
  context?: HookContext,
): Parameters {
  const found: { path?: Pattern; authority?: Pattern } = {};
  const maps = { headers: new Map(), query: new Map(), form: new Map() } as const;
  const { path, authority, headers, query, form }: RequestParameters = parameters;
  const written: Written[] = [];
  const one = (field: "path" | "authority", pattern: string | undefined): void => {
    if (pattern === undefined) return;
    const keep = (read: Pattern): void => void (found[field] = read);
    written.push({ pattern, whole: field, pointer: pointerOf(pointer, field), keep });
  };
  const many = (
    field: keyof typeof maps,
    patterns: Readonly<Record<string, string>> | undefined,
  ): void => {
    for (const [key, pattern] of Object.entries(patterns ?? {})) {
      const name = field === "headers" ? key.toLowerCase() : key;
      const header = name === "host" && field === "headers" ? ":authority" : name;
      written.push({
        pattern,
        whole: name.replace(/^:/, ""),
        pointer: pointerOf(pointer, field, key),
        keep: (read) => void maps[field].set(header, read),
      });
    }
  };
  one("path", path);
  one("authority", authority);
  many("headers", headers);
  many("query", query);
  many("form", form);
  readAll(written, pointer, context);
  return {
    ...found,
    headers: maps.headers,
    query: maps.query,
    ...(form !== undefined && { form: maps.form }),
  };
}

function readAll(
  written: readonly Written[],
  pointer: JsonPointer,
  context: HookContext | undefined,
): void {
  const names = new Set<string>();
  for (const { pattern: text, whole, pointer: at, keep } of written) {
    const pattern = parsePattern(text, whole);
    if (typeof pattern === "string") {
      context?.report("rest/invalid-pattern", { pattern: text, problem: pattern }, at);
      continue;
    }
    const clash = pattern.names
      .flatMap((name) => [...names].map((other) => clashOf(name, other)))
      .find((found) => found !== undefined);
    for (const name of pattern.names) names.add(name);
    if (clash === undefined) keep(pattern);
    else context?.report("rest/duplicate-parameter", clash, at);
  }
  if (names.size > maxParameters) {
    const params = { count: names.size, limit: maxParameters };
    context?.report("rest/too-many-parameters", params, pointer);
  }
}

/** Two names of which only one can have a value. */
function clashOf(
  name: string,
  other: string,
): { readonly name: string; readonly other: string } | undefined {
  if (name === other || name.startsWith(`${other}.`)) return { name, other };
  return other.startsWith(`${name}.`) ? { name: other, other: name } : undefined;
}
