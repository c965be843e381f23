import type { Parameters } from "./compile-function.js";
import type { Pattern } from "./pattern.js";

/** A request that a function is called with. */
export interface FunctionRequest {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** With its query. */
  readonly path: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The values that parameters have for a request, by name; those that were not given are missing. */
export function takeParameters(
  parameters: Parameters,
  request: FunctionRequest,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const { path, authority, headers = [], query = [], form = [] } = parameters;
  if (path) takePath(path, request.path, found);
  if (authority) {
    const withPort = authority.texts.some((text) => text.includes(":"));
    take(authority, withPort ? request.authority : request.authority.replace(/:\d+$/, ""), found);
  }
  for (const [name, pattern] of headers) take(pattern, headerOf(request, name), found);
  const inQuery = fieldsOf(/\?([^]*)$/.exec(request.path)?.[1] ?? "");
  for (const [name, pattern] of query) take(pattern, inQuery.get(name), found);
  if (isForm(request)) {
    const inForm = fieldsOf(request.body);
    for (const [name, pattern] of form) take(pattern, inForm.get(name), found);
  }
  return found;
}

/** A header, by the name that templates have for it. */
export function headerOf(request: FunctionRequest, name: string): string | undefined {
  switch (name) {
    case ":path":
      return request.path;
    case ":method":
      return request.method;
    case ":scheme":
      return request.scheme;
    case ":authority":
      return request.authority;
    default:
      return request.headers.get(name);
  }
}

/** Whether the body is that of a form. */
export function isForm({ headers }: FunctionRequest): boolean {
  const type = headers.get("content-type")?.toLowerCase() ?? "";
  return type.startsWith("application/x-www-form-urlencoded");
}

/** What is behind the first `?` of a path is decoded as a query is, and has `&` for its `/`. */
function takePath(pattern: Pattern, path: string, found: Map<string, string>): void {
  const { texts, names } = pattern;
  const firstInQuery = texts.findIndex((text) => text.includes("?"));
  if (texts.length === 0) {
    take(pattern, path, found);
    return;
  }
  const parts = capture(pattern, firstInQuery < 0 ? path.replace(/\?[^]*$/, "") : path);
  const isInQuery = (index: number): boolean => firstInQuery >= 0 && index >= firstInQuery;
  const isTaken = parts?.every((part, index) => !(isInQuery(index) ? /&/ : /[/?]/).test(part));
  if (parts === undefined || isTaken !== true) return;
  names.forEach((name, index) => {
    const part = parts[index] ?? "";
    found.set(name, isInQuery(index) ? decodeForm(part) : decodePercent(part));
  });
}

function take(pattern: Pattern, value: string | undefined, found: Map<string, string>): void {
  if (value === undefined) return;
  const { texts, names } = pattern;
  const parts = texts.length === 0 ? [value] : capture(pattern, value);
  parts?.forEach((part, index) => found.set(names[index] ?? "", part));
}

/** What the names stand for: those that come first take as much as they can, each one character at least. */
function capture({ texts, names }: Pattern, value: string): readonly string[] | undefined {
  const prefix = texts[0] ?? "";
  const suffix = texts[names.length] ?? "";
  let end = value.length - suffix.length;
  if (!value.startsWith(prefix) || end < 0 || value.slice(end) !== suffix) return undefined;
  const from = prefix.length;
  const parts: string[] = [];
  for (let index = names.length - 1; index > 0; index--) {
    const literal = texts[index] ?? "";
    const last = end - 1 - literal.length;
    const start = last < 0 ? -1 : value.lastIndexOf(literal, last);
    if (start <= from) return undefined;
    parts.unshift(value.slice(start + literal.length, end));
    end = start;
  }
  parts.unshift(value.slice(from, Math.max(from, end)));
  return parts.includes("") ? undefined : parts;
}

/** The fields of a query or form; of a name that is there twice, the first. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of text.split("&")) {
    if (field === "") continue;
    const equals = field.indexOf("=");
    const name = decodeForm(equals < 0 ? field : field.slice(0, equals));
    if (!fields.has(name)) fields.set(name, equals < 0 ? "" : decodeForm(field.slice(equals + 1)));
  }
  return fields;
}

function decodeForm(text: string): string {
  return decodePercent(text.replaceAll("+", " "));
}

function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = Buffer.from(text).toString("latin1");
  const decoded = bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, "latin1").toString();
}
