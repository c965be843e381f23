import type { JsonObject } from "../../../lib/json.js";
import type { RestFunctionSpec } from "../../../model/generated/plugins.js";
import type { Node } from "./documents.js";
import { jsonBodyOf, keepsReadOnlyParts } from "./json-body.js";
import type { Operation, Parameter } from "./operation.js";
import { headerText, joinPieces, namedPiece, pathText, plainPathText } from "./print-value.js";
import type { ReadContext } from "./read-context.js";
import { variablesOf } from "./variables.js";

/** A function, and what to say about it. */
export interface MadeFunction {
  readonly spec: JsonObject;
  /** The variables of its templates, as comments. */
  readonly notes: readonly string[];
}

/** Makes the function that calls an operation below `basePath`. Warns of what it cannot do. */
export function makeFunction(
  operation: Operation,
  basePath: string,
  context: ReadContext,
): MadeFunction {
  const { parameters, body } = operation;
  const made = makeBody(operation, context);
  const all = [...parameters, ...(body.kind === "form" ? body.fields : [])];
  const variables = variablesOf(all, made.fields);
  const variableOf = (parameter: Parameter): string => variables.get(parameter) ?? parameter.name;
  const { path, undeclared, unused } = makePath(operation, basePath, variableOf, context);
  const query = makeQuery(operation, path, variableOf, context);
  const form =
    body.kind === "form"
      ? joinPieces(
          body.fields.map((field) => namedPiece(field, variableOf(field))),
          "",
          "&",
        )
      : undefined;
  const { headers, passed } = makeHeaders(operation, variableOf, context);
  const text = form ?? made.template;
  return {
    spec: {
      path: path + query.text,
      headers: {
        ":method": operation.method,
        ...(made.contentType === undefined ? {} : { "content-type": made.contentType }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    } satisfies RestFunctionSpec,
    notes: [
      ...all
        .filter((parameter) => ![passed, unused, query.leftOut].some((set) => set.has(parameter)))
        .map((parameter) => noteOf(parameter, variableOf(parameter))),
      ...undeclared.map((variable) => `${variable}: path`),
      ...[...passed].map(({ name, in: where }) => `${name}: ${where}, as the client sends it`),
      ...made.notes,
    ],
  };
}

function noteOf({ name, in: where, required, example }: Parameter, variable: string): string {
  const place = variable === name ? where : `${where} "${name}"`;
  const need = required ? "" : ", optional";
  const shown = example === undefined ? undefined : JSON.stringify(example);
  const such = shown === undefined || shown.length > 60 ? "" : `, such as ${shown}`;
  return `${variable}: ${place}${need}${such}`;
}

interface MadePath {
  readonly path: string;
  /** Variables for marks that are no parameters. */
  readonly undeclared: readonly string[];
  /** Parameters that have no mark. */
  readonly unused: ReadonlySet<Parameter>;
}

/** A mark of a path: `{id}`, and the spellings of others for "all that follows". */
const mark = /\{([^{}]+)\}/g;

function makePath(
  { path, parameters, at }: Operation,
  basePath: string,
  variableOf: (parameter: Parameter) => string,
  context: ReadContext,
): MadePath {
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  const unused = new Set(inPath);
  const undeclared: string[] = [];
  let offset = 0;
  let made = plainPathText(basePath);
  for (const { 0: whole, 1: name = "", index } of path.matchAll(mark)) {
    made += plainPathText(path.slice(offset, index));
    offset = index + whole.length;
    const bare = name.replaceAll(/^[+/;.?&#]|[+*]$/g, "");
    const parameter =
      inPath.find((known) => known.name === name) ?? inPath.find((known) => known.name === bare);
    if (parameter === undefined) {
      context.warn(at, `the path has "${whole}", but there is no path parameter of that name`);
      const variable = `path_${bare.replaceAll(/[^\p{L}\p{N}_$@-]+/gu, "_")}`;
      undeclared.push(variable);
      made += `{{ ${variable} }}`;
      continue;
    }
    unused.delete(parameter);
    if (/^\+|[+*]$/.test(name)) {
      context.warn(parameter.at, `"${whole}" takes one part of the path: "/" in it is encoded`);
    }
    made += pathText(parameter, variableOf(parameter));
  }
  made += plainPathText(path.slice(offset));
  for (const parameter of unused) {
    context.warn(
      parameter.at,
      `the path parameter "${parameter.name}" is not in the path "${path}"`,
    );
  }
  return { path: made === "" ? "/" : made, undeclared, unused };
}

/** Of a path with its query, as a template may have it. */
const maxPathLength = 8_192;

/** The query behind a path. What is optional is left out, last first, until the path is short enough. */
function makeQuery(
  { parameters, at }: Operation,
  path: string,
  variableOf: (parameter: Parameter) => string,
  context: ReadContext,
): { readonly text: string; readonly leftOut: ReadonlySet<Parameter> } {
  const wanted = parameters.filter((parameter) => parameter.in === "query");
  const leftOut = new Set<Parameter>();
  for (;;) {
    const kept = wanted.filter((parameter) => !leftOut.has(parameter));
    const pieces = kept.map((parameter) => namedPiece(parameter, variableOf(parameter)));
    const text = joinPieces(pieces, path.includes("?") ? "&" : "?", "&");
    const next = kept.findLast(({ required }) => !required);
    if (path.length + text.length > maxPathLength && next !== undefined) {
      leftOut.add(next);
      continue;
    }
    if (leftOut.size > 0) {
      const names = [...leftOut].map(({ name }) => `"${name}"`).reverse();
      context.warn(at, `too much for one path: the parameters ${names.join(", ")} are left out`);
    }
    return { text, leftOut };
  }
}

/** What names of headers and cookies are made of. */
const httpToken = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that Envoy sets, or the upstream: templates must not. */
const notSettable: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-gloo-origin",
]);

/**
 * Headers and cookies that have to be there. What is optional goes on as the client sends it, for a
 * template of a header always makes one.
 */
function makeHeaders(
  { parameters, body }: Operation,
  variableOf: (parameter: Parameter) => string,
  context: ReadContext,
): {
  readonly headers: Readonly<Record<string, string>>;
  readonly passed: ReadonlySet<Parameter>;
} {
  const headers = new Map<string, string>();
  const passed = new Set<Parameter>();
  const cookies: Parameter[] = [];
  for (const parameter of parameters) {
    const { name, in: where, required, at } = parameter;
    if (where !== "header" && where !== "cookie") continue;
    const isOurs = where === "header" && notSettable.has(name.toLowerCase());
    if (!required) {
      passed.add(parameter);
    } else if (isOurs || !httpToken.test(name)) {
      passed.add(parameter);
      context.warn(at, `the ${where} "${name}" cannot be set by a function; it is left out`);
    } else if (where === "cookie") {
      cookies.push(parameter);
    } else if (name.toLowerCase() !== "content-type" || body.kind === "none") {
      headers.set(name.toLowerCase(), headerText(parameter, variableOf(parameter)));
    } else {
      passed.add(parameter);
    }
  }
  if (cookies.length > 0) headers.set("cookie", cookieText(cookies, variableOf));
  return { headers: Object.fromEntries(headers), passed };
}

/** The cookies, if there are such variables; else the client's. A value with `;` would be several. */
function cookieText(
  cookies: readonly Parameter[],
  variableOf: (parameter: Parameter) => string,
): string {
  const pieces = cookies.map((cookie) => {
    const variable = variableOf(cookie);
    const condition = `exists("${variable}") and not default(";" in ${variable}, false)`;
    return { text: `${cookie.name}={{ ${variable} }}`, condition };
  });
  const any = pieces.map(({ condition }) => condition).join(" or ");
  return `{% if ${any} %}${joinPieces(pieces, "", "; ")}{% else %}{{ header("cookie") }}{% endif %}`;
}

/** What becomes of the body, but for forms, whose fields are parameters. */
interface MadeBody {
  readonly template?: string;
  readonly contentType?: string;
  /** The fields of the client's JSON that the template reads. */
  readonly fields: readonly string[];
  readonly notes: readonly string[];
}

function makeBody(operation: Operation, context: ReadContext): MadeBody {
  const { body, at } = operation;
  switch (body.kind) {
    case "none":
      return { template: "", fields: [], notes: [] };
    case "form":
      return { contentType: "application/x-www-form-urlencoded", fields: [], notes: [] };
    case "other":
      if (/multipart|xml/i.test(body.contentType)) {
        context.warn(at, `a body of ${body.contentType} is passed on as the client sends it`);
      }
      return { fields: [], notes: [`the body, ${body.contentType}: as the client sends it`] };
    case "json":
      return makeJsonBody(body, at, context);
  }
}

function makeJsonBody(
  { shape, contentType }: Extract<Operation["body"], { kind: "json" }>,
  at: Node,
  context: ReadContext,
): MadeBody {
  const made = jsonBodyOf(shape);
  if ("template" in made) {
    if (keepsReadOnlyParts(shape)) {
      context.warn(at, "read-only fields deep in the body are sent if the client sends them");
    }
    const notes = made.fields.length === 0 ? [] : [`the body: ${made.fields.join(", ")}`];
    return { template: made.template, contentType, fields: made.fields, notes };
  }
  if (made.whole === "unreadable") {
    const names = made.fields.slice(0, 5).map((name) => `"${name}"`);
    context.warn(
      at,
      `the body is passed on as the client sends it, for templates have no variable ${names.join(", ")}`,
    );
  }
  if (made.whole === "too-large") {
    context.warn(at, "the body is passed on as the client sends it, for it has too many fields");
  }
  if (made.whole === "too-many-optional") {
    const which = `all of its ${made.count} fields are optional`;
    context.warn(at, `the body is passed on as the client sends it, for ${which}`);
  }
  return { fields: [], notes: [`the body, ${contentType}: as the client sends it`] };
}
