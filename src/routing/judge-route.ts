import { matchesWhole } from "./regex.js";
import { withoutQuery } from "./request-path.js";
import type { CompiledRoute, PathCondition, ValueCondition } from "./route-table.js";

/** A request as routes see it. */
export interface SeenRequest {
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly authority: string;
  /** Normalised, with its query. */
  readonly path: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A condition of a route that does not hold. */
export interface Failed {
  readonly condition: "path" | "method" | "header" | "query" | "event" | "unjudged";
  /** What is wanted and what is there, in a few words. */
  readonly reason: string;
}

/** The conditions of a route that do not hold for a request; none: it takes the request. */
export function judgeRoute({ match }: CompiledRoute, request: SeenRequest): readonly Failed[] {
  const failed: Failed[] = [];
  const path = withoutQuery(request.path);
  if (!pathHolds(match.path, path)) {
    failed.push({ condition: "path", reason: `path ${path} ${pathProblem(match.path)}` });
  }
  if (match.methods && !match.methods.includes(request.method)) {
    const reason = `method ${request.method} is not ${match.methods.join(" or ")}`;
    failed.push({ condition: "method", reason });
  }
  for (const wanted of match.headers) {
    const value = headerOf(request, wanted.name);
    if (valueHolds(wanted, value)) continue;
    const reason = `header ${wanted.name} ${valueProblem(wanted, value)}`;
    failed.push({ condition: "header", reason });
  }
  const query = match.query.length > 0 ? queryOf(request.path) : new Map<string, string>();
  for (const wanted of match.query) {
    const value = query.get(wanted.name);
    if (valueHolds(wanted, value)) continue;
    const reason = `query parameter ${wanted.name} ${valueProblem(wanted, value)}`;
    failed.push({ condition: "query", reason });
  }
  for (const field of match.unjudged) {
    failed.push({ condition: "unjudged", reason: `only Envoy itself can judge ${field}` });
  }
  return failed;
}

function pathHolds({ kind, text, ignoreCase }: PathCondition, path: string): boolean {
  const wanted = ignoreCase ? text.toLowerCase() : text;
  const own = ignoreCase ? path.toLowerCase() : path;
  switch (kind) {
    case "any":
      return true;
    case "exact":
      return own === wanted;
    case "prefix":
      return own.startsWith(wanted);
    case "segment-prefix":
      return own.startsWith(wanted) && (own.length === wanted.length || own[wanted.length] === "/");
    case "regex":
      return matchesWhole(text, path);
  }
}

function pathProblem({ kind, text }: PathCondition): string {
  switch (kind) {
    case "exact":
      return `is not ${text}`;
    case "regex":
      return `does not match the regex ${text}`;
    default:
      return `does not begin with ${text}`;
  }
}

/** The value of a header, and of those that Envoy makes of the request line. */
function headerOf({ headers, ...request }: SeenRequest, name: string): string | undefined {
  switch (name.toLowerCase()) {
    case ":method":
      return request.method;
    case ":path":
      return request.path;
    case ":scheme":
      return request.scheme;
    case ":authority":
    case "host":
      return request.authority;
    case "x-forwarded-proto":
      return request.scheme;
    default:
      return headers.get(name.toLowerCase());
  }
}

/** As Envoy reads it: nothing is decoded, the first of several values counts. */
function queryOf(path: string): ReadonlyMap<string, string> {
  const start = path.indexOf("?");
  const query = new Map<string, string>();
  if (start < 0) return query;
  for (const part of path.slice(start + 1).split("&")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!query.has(name)) query.set(name, equals < 0 ? "" : part.slice(equals + 1));
  }
  return query;
}

function valueHolds(wanted: ValueCondition, value: string | undefined): boolean {
  if (wanted.kind === "absent") return (value === undefined) !== wanted.not;
  if (value === undefined) return wanted.not;
  return textHolds(wanted, value) !== wanted.not;
}

function textHolds({ kind, text, ignoreCase }: ValueCondition, value: string): boolean {
  const wanted = ignoreCase ? text.toLowerCase() : text;
  const own = ignoreCase ? value.toLowerCase() : value;
  switch (kind) {
    case "present":
      return true;
    case "absent":
      return false;
    case "exact":
      return own === wanted;
    case "prefix":
      return own.startsWith(wanted);
    case "suffix":
      return own.endsWith(wanted);
    case "contains":
      return own.includes(wanted);
    case "regex":
      return matchesWhole(text, value);
    case "range": {
      const [start = 0, end = 0] = text.split("..").map(Number);
      return /^[+-]?\d+$/.test(value) && Number(value) >= start && Number(value) < end;
    }
  }
}

function valueProblem({ kind, text, not }: ValueCondition, value: string | undefined): string {
  const got = value === undefined ? "missing" : JSON.stringify(value);
  const wanted = {
    present: "there",
    absent: "missing",
    exact: JSON.stringify(text),
    prefix: `a text that begins with ${JSON.stringify(text)}`,
    suffix: `a text that ends with ${JSON.stringify(text)}`,
    contains: `a text with ${JSON.stringify(text)} in it`,
    regex: `a match of the regex ${text}`,
    range: `a number in ${text}`,
  }[kind];
  return `is ${got}, not ${not ? "other than " : ""}${wanted}`;
}
