import { contentHash } from "../lib/content-hash.js";
import { generateTemplate } from "./generate-template.js";
import { Constants, luaString, luaStrings } from "./lua-chunk.js";
import type { Pattern } from "./pattern.js";
import type { MessageTemplates, PlacedTemplate } from "./read-templates.js";
import { Scope, type ParameterSource } from "./scope.js";

/** What parameters are taken from, by header, query parameter or form field. */
export interface Parameters {
  readonly path?: Pattern;
  readonly authority?: Pattern;
  readonly headers?: ReadonlyMap<string, Pattern>;
  readonly query?: ReadonlyMap<string, Pattern>;
  readonly form?: ReadonlyMap<string, Pattern>;
}

/** A message of HTTP, what it becomes, and where the parameters of its templates are. */
export interface MessageFunction {
  readonly templates: MessageTemplates;
  /** Undefined: there are no parameters, and so no `path`, `method`, `scheme` and `authority`. */
  readonly parameters?: Parameters | undefined;
}

/** What the runtime script runs for a route: Lua that it compiles once, and finds again by `id`. */
export interface Chunk {
  readonly id: string;
  readonly src: string;
}

/** Compiles what becomes of a request, of its response, or of both, to one chunk of Lua. */
export function compileFunction(messages: {
  readonly request?: MessageFunction | undefined;
  readonly response?: MessageFunction | undefined;
}): Chunk {
  const constants = new Constants();
  const { request, response } = messages;
  const fields: string[] = [];
  if (request !== undefined) {
    fields.push(`request=${generateMessage(request, "send", constants)}`);
    if (request.parameters?.form !== undefined) fields.push("form=true");
  }
  if (response !== undefined) {
    const code = generateMessage(response, "reply", constants);
    fields.push(`response=${code}`);
    if (response.templates.body !== undefined || code.includes("from_body(")) {
      fields.push("reads_response=true");
    }
  }
  const src = `${constants.declaration} return {${fields.join(",")}}`;
  return { id: contentHash(src), src };
}

function generateMessage(
  { templates, parameters }: MessageFunction,
  ending: "send" | "reply",
  constants: Constants,
): string {
  const { sources, statements } = takeParameters(parameters, constants, ending === "send");
  const scope = new Scope(constants, sources);
  const code: string[] = ["local P={}", ...statements];
  const render = ({ nodes, escapes }: PlacedTemplate, target: string): void => {
    const rendered = generateTemplate(nodes, escapes, scope);
    if (rendered.statements.length === 0) code.push(`${target}=${rendered.text}`);
    else code.push("do", ...rendered.statements, `${target}=${rendered.text}`, "end");
  };
  const { path, headers, body } = templates;
  code.push("local H,path,body={}");
  headers.forEach(({ template }, index) => render(template, `H[${index + 1}]`));
  if (path !== undefined) render(path, "path");
  if (body !== undefined) render(body, "body");
  const names = constants.of(luaStrings(headers.map(({ name }) => name)));
  code.push(ending === "send" ? `send(c,path,${names},H,body)` : `reply(c,${names},H,body)`);
  const wanted = [...scope.wanted].sort().map((name) => `[${luaString(name)}]=true`);
  const kind = body === undefined ? "" : `body=${luaString(body.format)},`;
  return `{${kind}wanted={${wanted.join(",")}},run=function(c) ${code.join("\n")} end}`;
}

const freeVariables = ["path", "method", "scheme", "authority"] as const;

/** The statements that take the parameters, and where each of them then is. */
function takeParameters(
  parameters: Parameters | undefined,
  constants: Constants,
  isRequest: boolean,
): {
  readonly sources: ReadonlyMap<string, ParameterSource>;
  readonly statements: readonly string[];
} {
  const sources = new Map<string, ParameterSource>();
  const statements: string[] = [];
  const allot = ({ names }: Pattern, source?: (index: number) => ParameterSource) =>
    names.map((name) => {
      const index = sources.size + 1;
      sources.set(name, source?.(index) ?? { kind: "taken", index });
      return index;
    });
  const plain = (pattern: Pattern, ...rest: readonly string[]): string =>
    constants.of(luaPattern(pattern, allot(pattern), rest));

  if (parameters === undefined) return { sources, statements };
  const { path, authority, headers = [], query = [], form = [] } = parameters;
  if (path) statements.push(`from_path(c,P,${plain(path, ...pathParts(path))})`);
  if (authority) {
    const port = authority.texts.some((text) => text.includes(":")) || authority.names.length === 0;
    statements.push(`from_authority(c,P,${plain(authority, ...(port ? ["port=true"] : []))})`);
  }
  for (const [name, pattern] of headers) {
    statements.push(`from_header(c,P,${luaString(name)},${plain(pattern)})`);
  }
  for (const [name, pattern] of query) {
    statements.push(`from_query(c,P,${luaString(name)},${plain(pattern)})`);
  }
  for (const [field, pattern] of form) {
    const first = sources.size + 1;
    const indices = pattern.names.map((_, index) => first + index);
    const code = constants.of(luaPattern(pattern, indices, []));
    allot(pattern, (index) => ({ kind: "form", index, field, pattern: code }));
  }
  if (isRequest) {
    for (const name of freeVariables) {
      if (!sources.has(name)) sources.set(name, { kind: "pseudo", header: `:${name}` });
    }
  }
  return { sources, statements };
}

/** What is behind the first `?` of a path is decoded as a query is, and has `&` for its `/`. */
function pathParts({ texts, names }: Pattern): readonly string[] {
  if (names.length > 0 && texts.length === 0) return ["query=true"];
  const firstInQuery = texts.findIndex((text) => text.includes("?"));
  const inQuery = names.map((_, index) => firstInQuery >= 0 && index >= firstInQuery);
  return [
    ...(firstInQuery >= 0 ? ["query=true"] : []),
    `d={${inQuery.map((isIn) => (isIn ? "2" : "1")).join(",")}}`,
    `no={${inQuery.map((isIn) => (isIn ? `"&"` : `"[/?]"`)).join(",")}}`,
  ];
}

function luaPattern(
  { texts }: Pattern,
  indices: readonly number[],
  rest: readonly string[],
): string {
  const fields = [...texts.map(luaString), `names={${indices.join(",")}}`, ...rest];
  return `{${fields.join(",")}}`;
}
