import { nearest } from "../../lib/nearest.js";
import { pointerOf, type JsonPointer } from "../../model/location.js";
import type { RequestParameters } from "../../model/generated/plugins.js";
import type { MessageFunction, Parameters } from "../../templates/compile-function.js";
import { readTemplates } from "../../templates/read-templates.js";
import type { RouteContext } from "../../translate/plugin.js";
import { readParameters } from "../parameters.js";
import type { Method } from "./methods.js";
import type { FieldNames } from "../../protos/field-names.js";

/**
 * The request that calls a method with the parameters of a route: they are put in the query, from where
 * they get into the fields that have their names. One that the request lacks is left out.
 */
export function callWith(
  parameters: RequestParameters,
  { service, method }: Method,
): MessageFunction {
  const read = readParameters(parameters, "");
  const query = namesOf(read).map(
    (name) => `{% if extraction("${name}") != "" %}${name}={{ extraction("${name}") }}&{% endif %}`,
  );
  const path = `/${service.fullName}/${method.name}?${query.join("")}`;
  // A form is no JSON, and all that is wanted of it is in the query.
  const body = read.form === undefined ? undefined : "";
  return { templates: readTemplates("request", { path, body }, () => undefined), parameters: read };
}

function namesOf({ path, authority, headers, query, form }: Parameters): readonly string[] {
  const patterns = [
    path ?? [],
    authority ?? [],
    ...[headers, query, form].flatMap((map) => [...(map?.values() ?? [])]),
  ].flat();
  return patterns.flatMap(({ names }) => names);
}

/** Reports parameters that the method's message has no field for. Gives whether all is well. */
export function checkParameters(
  parameters: RequestParameters,
  { method: { inputType } }: Method,
  fields: FieldNames,
  context: RouteContext,
): boolean {
  const unknown = writtenIn(parameters).flatMap(({ one, at }) =>
    namesOf(readParameters(one, ""))
      .filter((name) => !fields.has(inputType, name))
      .map((name) => ({ name, at })),
  );
  for (const { name, at } of unknown) {
    const near = nearest(name, fields.of(inputType));
    const params = {
      parameter: name,
      message: inputType.slice(1),
      ...(near !== undefined && { near }),
    };
    const pointer = `${context.pointer}/extensions/parameters${at}`;
    context.report("grpc/unknown-parameter", params, pointer);
  }
  return unknown.length === 0;
}

/** Each pattern alone, with its place. */
function writtenIn({
  path,
  authority,
  ...maps
}: RequestParameters): readonly { readonly one: RequestParameters; readonly at: JsonPointer }[] {
  return [
    ...(path === undefined ? [] : [{ one: { path }, at: "/path" }]),
    ...(authority === undefined ? [] : [{ one: { authority }, at: "/authority" }]),
    ...Object.entries(maps).flatMap(([field, patterns]) =>
      Object.entries(patterns ?? {}).map(([key, pattern]) => ({
        one: { [field]: { [key]: pattern } },
        at: pointerOf("", field, key),
      })),
    ),
  ];
}
