import type { HttpRule, MethodDescriptor } from "./descriptor-messages.js";
import type { FieldNames } from "./field-names.js";

/** What is wrong with the annotation `google.api.http` of a method; undefined: nothing. */
export function problemOfRule(
  { options, inputType, outputType }: MethodDescriptor,
  fields: FieldNames,
): string | undefined {
  const rule = options?.http;
  if (rule === undefined) return undefined;
  const nested = (rule.additionalBindings ?? []).find((one) => one.additionalBindings?.length);
  if (nested !== undefined)
    return "a binding in additional_bindings has additional_bindings itself";
  for (const one of bindingsOf(rule)) {
    const problem = problemOfBinding(one, inputType, outputType, fields);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A rule and its additional bindings. */
export function bindingsOf(rule: HttpRule): readonly HttpRule[] {
  return [rule, ...(rule.additionalBindings ?? [])];
}

/** The path template of a binding; undefined if it has none. */
export function pathOf({
  get,
  put,
  post,
  delete: del,
  patch,
  custom,
}: HttpRule): string | undefined {
  return get ?? put ?? post ?? del ?? patch ?? custom?.path;
}

function problemOfBinding(
  rule: HttpRule,
  input: string,
  output: string,
  fields: FieldNames,
): string | undefined {
  const path = pathOf(rule);
  if (path === undefined) return "it has no method of HTTP, such as get";
  const variables = readTemplate(path);
  if (variables === undefined) return `"${path}" is not a path template`;
  for (const variable of variables) {
    if (!fields.has(input, variable)) return missingField(variable, input);
  }
  const { body = "", responseBody = "" } = rule;
  if (body !== "" && body !== "*" && !fields.has(input, body)) return missingField(body, input);
  if (responseBody !== "" && !fields.has(output, responseBody)) {
    return missingField(responseBody, output);
  }
  return undefined;
}

function missingField(field: string, type: string): string {
  return `${type.slice(1)} has no field "${field}"`;
}

const literal = /^(?:[\w\-.~!$&'()+,;@]|%[0-9A-Fa-f]{2})+$/;
const fieldPath = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/**
 * The variables of a path template, in order; undefined if it is none.
 * https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
 */
export function readTemplate(template: string): readonly string[] | undefined {
  const [, path, verb] = /^\/(.*?)(?::([^/{}:]+))?$/s.exec(template) ?? [];
  if (path === undefined || (verb !== undefined && !literal.test(verb))) return undefined;
  const variables: string[] = [];
  // A variable without a pattern of its own takes one segment.
  const plain = path.replace(/\{([^{}=]*)(?:=([^{}]*))?\}/g, (_, name: string, segments = "*") => {
    variables.push(name);
    return String(segments);
  });
  const segments = plain.split("/");
  const isSound = segments.every(
    (segment, index) =>
      segment === "*" ||
      literal.test(segment) ||
      (segment === "**" && index === segments.length - 1),
  );
  const isEmpty = path === "";
  const isUnique = new Set(variables).size === variables.length;
  return (isSound || isEmpty) && isUnique && variables.every((name) => fieldPath.test(name))
    ? variables
    : undefined;
}
