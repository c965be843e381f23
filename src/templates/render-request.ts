import type { MessageFunction } from "./compile-function.js";
import { evaluate, isTrue, type Names } from "./evaluate-expression.js";
import { parseJson } from "./parse-json.js";
import type { Escape } from "./place-prints.js";
import type { PlacedTemplate } from "./read-templates.js";
import { loopNames, type Node } from "./syntax.js";
import { headerOf, isForm, takeParameters, type FunctionRequest } from "./take-parameters.js";
import {
  escapeJson,
  isList,
  isNumberText,
  isObject,
  memberOf,
  numberOf,
  RenderFailure,
  sortedKeys,
  writeJson,
  type TemplateValue,
} from "./value.js";

export type { FunctionRequest } from "./take-parameters.js";
export { RenderFailure } from "./value.js";

/**
 * What a function makes of a request: the same as the Lua that it is compiled to, for those who ask
 * without an Envoy. `content-length` is left out. Throws {@link RenderFailure} where Envoy would answer
 * the request itself.
 */
export function renderRequest(
  { templates, parameters }: MessageFunction,
  request: FunctionRequest,
): FunctionRequest {
  const names = createNames(parameters, request, templates.body !== undefined);
  const rendered = templates.headers.map(
    // Blanks around a value are none of it, whoever sends it.
    ({ name, template }) =>
      [name, render(template, names).replaceAll(/^[ \t]+|[ \t]+$/g, "")] as const,
  );
  const path = templates.path && render(templates.path, names);
  const body = templates.body && render(templates.body, names);
  if (path !== undefined) checkPath(path);
  for (const [name, value] of rendered) checkHeader(name, value);
  const own = new Map(rendered);
  const headers = new Map(request.headers);
  if (body !== undefined) {
    headers.delete("transfer-encoding");
    headers.delete("content-length");
    if (!own.has("content-type")) describeBody(headers, body, templates.body?.format ?? "json");
  }
  for (const [name, value] of rendered) if (!name.startsWith(":")) headers.set(name, value);
  return {
    method: own.get(":method") ?? request.method,
    scheme: own.get(":scheme") ?? request.scheme,
    authority: own.get(":authority") ?? request.authority,
    path: path ?? request.path,
    headers,
    body: body ?? request.body,
  };
}

const freeVariables = ["path", "method", "scheme", "authority"];

/** Names of loops, from the outermost to the innermost, above those of a request. */
class Scope implements Names {
  readonly #request: RequestNames;
  readonly #loops: readonly ReadonlyMap<string, TemplateValue>[];

  constructor(request: RequestNames, loops: readonly ReadonlyMap<string, TemplateValue>[] = []) {
    this.#request = request;
    this.#loops = loops;
  }

  within(loop: ReadonlyMap<string, TemplateValue>): Scope {
    return new Scope(this.#request, [...this.#loops, loop]);
  }

  lookUp(path: readonly string[]): TemplateValue | undefined {
    const [first = "", ...rest] = path;
    const loop = this.#loops.findLast((own) => own.has(first));
    return loop === undefined ? this.#request.lookUp(path) : memberOf(loop.get(first), rest);
  }

  parameter(name: string): string | undefined {
    return this.#request.parameter(name);
  }

  header(name: string): string {
    return this.#request.header(name);
  }

  /** Whether a variable is the path of the request, which is the one value that is a path already. */
  isRequestPath(path: readonly string[]): boolean {
    const [first = ""] = path;
    const isLocal = this.#loops.some((own) => own.has(first));
    return !isLocal && path.length === 1 && this.#request.pseudoHeader(first) === ":path";
  }
}

/** What names mean for a request: parameters, and else the body. */
class RequestNames implements Names {
  readonly #names: ReadonlySet<string>;
  readonly #values: ReadonlyMap<string, string>;
  readonly #request: FunctionRequest;
  readonly #document: () => TemplateValue;

  constructor(
    parameters: MessageFunction["parameters"],
    request: FunctionRequest,
    document: () => TemplateValue,
  ) {
    this.#request = request;
    this.#document = document;
    const { path, authority, headers, query, form } = parameters ?? {};
    const patterns = [
      path,
      authority,
      ...[headers, query, form].flatMap((own) => [...(own?.values() ?? [])]),
    ];
    const declared = patterns.flatMap((pattern) => pattern?.names ?? []);
    this.#names = new Set([...declared, ...(parameters === undefined ? [] : freeVariables)]);
    const pseudo = freeVariables.filter((name) => !declared.includes(name));
    const values = new Map(parameters && takeParameters(parameters, request));
    if (parameters !== undefined) {
      for (const name of pseudo) values.set(name, headerOf(request, `:${name}`) ?? "");
    }
    this.#values = values;
    this.#pseudo = new Set(parameters === undefined ? [] : pseudo);
  }
  readonly #pseudo: ReadonlySet<string>;

  pseudoHeader(name: string): string | undefined {
    return this.#pseudo.has(name) ? `:${name}` : undefined;
  }

  parameter(name: string): string | undefined {
    return this.#values.get(name);
  }

  header(name: string): string {
    const key = name.toLowerCase();
    return headerOf(this.#request, key === "host" ? ":authority" : key) ?? "";
  }

  lookUp(path: readonly string[]): TemplateValue | undefined {
    const whole = path.join(".");
    if (this.#names.has(whole)) return this.#values.get(whole) ?? this.#body(path);
    for (let length = path.length - 1; length > 0; length--) {
      const above = path.slice(0, length).join(".");
      // A parameter is a text, which has no members; only if it is nowhere, the body may have some.
      if (this.#names.has(above)) return this.#values.has(above) ? undefined : this.#body(path);
    }
    let value = this.#body(path);
    for (const [name, text] of this.#values) {
      if (name.startsWith(`${whole}.`)) {
        value = withMember(value, name.slice(whole.length + 1).split("."), text);
      }
    }
    return value;
  }

  #body(path: readonly string[]): TemplateValue | undefined {
    return memberOf(this.#document(), path);
  }
}

function withMember(
  value: TemplateValue | undefined,
  [first = "", ...rest]: readonly string[],
  text: string,
): TemplateValue {
  const known = value !== undefined && isObject(value) ? value.members : [];
  const members = new Map<string, TemplateValue>(known);
  members.set(first, rest.length === 0 ? text : withMember(members.get(first), rest, text));
  return { kind: "object", members };
}

function createNames(
  parameters: MessageFunction["parameters"],
  request: FunctionRequest,
  replacesBody: boolean,
): Scope {
  let read: { readonly value: TemplateValue } | undefined;
  const document = (): TemplateValue => (read ??= { value: readBody() }).value;
  const readBody = (): TemplateValue => {
    const type = request.headers.get("content-type")?.toLowerCase() ?? "";
    if (parameters?.form !== undefined && isForm(request)) return null;
    // A body that goes on unchanged may be anything; one that says it is JSON has to be.
    if (!replacesBody && !type.includes("json")) return null;
    const text = request.body.trim();
    if (text === "") return null;
    if (!text.startsWith("{") && request.headers.has("content-encoding")) {
      throw new RenderFailure("the body is encoded, and so cannot be read");
    }
    return parseJson(text);
  };
  return new Scope(new RequestNames(parameters, request, document));
}

function render({ nodes, escapes }: PlacedTemplate, names: Scope): string {
  return nodes.map((node) => renderNode(node, escapes, names)).join("");
}

function renderNode(node: Node, escapes: PlacedTemplate["escapes"], names: Scope): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "print": {
      const escape = escapes.get(node) ?? "text";
      const { expression } = node;
      const value = evaluate(expression, names);
      const isPath = expression.kind === "variable" && names.isRequestPath(expression.path);
      return escape === "in_url" && isPath ? String(value) : escapeFor[escape](value);
    }
    case "if": {
      const taken = node.branches.find(({ condition }) => isTrue(evaluate(condition, names)));
      return render({ nodes: taken?.body ?? node.otherwise, escapes }, names);
    }
    case "for":
      return turnsOf(node, names)
        .map((turn) => render({ nodes: node.body, escapes }, names.within(turn)))
        .join("");
  }
}

/** The variables of each turn of a loop. */
function turnsOf(
  { names: variables, over }: Extract<Node, { kind: "for" }>,
  names: Scope,
): readonly ReadonlyMap<string, TemplateValue>[] {
  const value = evaluate(over, names);
  const [first, second] = variables;
  let turns: readonly (readonly (readonly [string, TemplateValue])[])[];
  if (second === undefined) {
    if (!isList(value)) throw new RenderFailure("a loop needs a list");
    turns = value.items.map((item) => [[first, item] as const]);
  } else {
    if (!isObject(value)) throw new RenderFailure("a loop over keys and values needs an object");
    turns = sortedKeys(value).map((key) => [
      [first, key],
      [second, value.members.get(key) ?? null],
    ]);
  }
  return turns.map((own, index) => {
    const state = [numberOf(index), numberOf(index + 1), index === 0, index === turns.length - 1];
    return new Map([...loopNames.map((name, at) => [name, state[at] ?? null] as const), ...own]);
  });
}

function plain(value: TemplateValue): string {
  return typeof value === "string" ? value : writeJson(value);
}

/** What becomes of a value in the place where it is printed. */
const escapeFor: Readonly<Record<Escape, (value: TemplateValue) => string>> = {
  text: plain,
  in_json: jsonPlace,
  // Line breaks can only be blanks between the parts of lists and objects.
  in_json_line: (value) => jsonPlace(value).replaceAll(/[\u0000-\u001f]/g, " "),
  in_string: (value) =>
    typeof value === "string" || isList(value) || isObject(value)
      ? escapeJson(plain(value))
      : writeJson(value),
  in_url: (value) =>
    plain(value).replaceAll(/[^A-Za-z0-9\-._~]/gu, (character) =>
      Buffer.from(character).reduce(
        (text, byte) => `${text}%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
        "",
      ),
    ),
  in_header: (value) =>
    plain(value)
      .replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f]/g, " ")
      .replaceAll(/^[ \t]+|[ \t]+$/g, ""),
  in_xml: (value) =>
    plain(value)
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "")
      .replaceAll(/[&<>"']/g, (character) => xmlEscapes[character] ?? character),
};

const xmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text that is a number, true, false or null stands for that. */
function jsonPlace(value: TemplateValue): string {
  const isScalar =
    typeof value === "string" && (["true", "false", "null"].includes(value) || isNumberText(value));
  return isScalar ? value : writeJson(value);
}

const maxHeaderBytes = 32_768;

function checkPath(path: string): void {
  if (path.length > maxHeaderBytes) throw new RenderFailure("the path is too long");
  if (!path.startsWith("/")) {
    throw new RenderFailure(`the path "${path}" does not begin with "/"`);
  }
  const part = path
    .replace(/\?[^]*$/, "")
    .split("/")
    .find((own) => own === "." || own === "..");
  if (part !== undefined) {
    throw new RenderFailure(`a parameter makes "${part}" a part of the path`);
  }
}

const special: ReadonlyMap<string, readonly [RegExp, string]> = new Map([
  [":method", [/^[A-Z][A-Z-]*$/, "a method"]],
  [":authority", [/^[A-Za-z0-9\-._~%:[\]]+$/, "a host"]],
  [":scheme", [/^https?$/, "a scheme"]],
]);

function checkHeader(name: string, value: string): void {
  if (Buffer.byteLength(value) > maxHeaderBytes) {
    throw new RenderFailure(`the header "${name}" is too long`);
  }
  const [syntax, what] = special.get(name) ?? [];
  if (syntax?.test(value) === false) throw new RenderFailure(`"${value}" is not ${what}`);
}

const contentTypes = {
  json: "application/json",
  text: "text/plain; charset=utf-8",
  xml: "application/xml",
  form: "application/x-www-form-urlencoded",
} as const;

/** Says what the new body is, unless the function says so itself. */
function describeBody(
  headers: Map<string, string>,
  body: string,
  format: keyof typeof contentTypes,
): void {
  if (body === "") {
    headers.delete("content-type");
    return;
  }
  const isJson = headers.get("content-type")?.toLowerCase().includes("json") === true;
  if (isJson !== (format === "json") || !headers.has("content-type")) {
    headers.set("content-type", contentTypes[format]);
  }
}
