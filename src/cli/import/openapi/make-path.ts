import type { Operation, Parameter } from "./operation.js";
import { joinPieces, namedPiece, pathText, plainPathText } from "./print-value.js";
import type { ReadContext } from "./read-context.js";

/** The path of a function, up to the query. */
export interface MadePath {
  readonly path: string;
  /** Variables for marks that are no parameters. */
  readonly undeclared: readonly string[];
  /** Parameters that have no mark. */
  readonly unused: ReadonlySet<Parameter>;
}

/** A mark of a path: `{id}`, and the spellings of others for "all that follows". */
const mark = /\{([^{}]+)\}/g;

/** Puts variables in the place of the marks of a path. Warns of marks and parameters that do not meet. */
export function makePath(
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
export function makeQuery(
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
