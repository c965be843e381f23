import type { JsonObject } from "../../../lib/json.js";
import type { RestFunctionSpec } from "../../../model/generated/plugins.js";
import { exampleNote } from "./example-note.js";
import { makeBody } from "./make-body.js";
import { makeHeaders } from "./make-headers.js";
import { makePath, makeQuery } from "./make-path.js";
import type { Operation, Parameter } from "./operation.js";
import { joinPieces, namedPiece } from "./print-value.js";
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
  return `${variable}: ${place}${need}${exampleNote(example)}`;
}
