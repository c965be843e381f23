import type { Parameter } from "./operation.js";

/** Words of the template language, and names that routes with `parameters` give a value of their own. */
const taken: ReadonlySet<string> = new Set([
  "and",
  "or",
  "not",
  "in",
  "true",
  "false",
  "null",
  "path",
  "method",
  "scheme",
  "authority",
]);
const segment = /^[\p{L}\p{N}_$@][\p{L}\p{N}_$@-]*$/u;
const numeric = /^-?[\d-]+(?:[eE]\d+)?$/;

/** Whether a template can read a field of the request's JSON body by this name. */
export function isVariable(name: string): boolean {
  return segment.test(name) && !numeric.test(name) && !taken.has(name);
}

/** Whether a template can read a member of a variable by this name. */
export function isMember(name: string): boolean {
  return segment.test(name);
}

/**
 * The variable of each parameter: its name, as far as templates can have it. One that is a field of the
 * body too, or two of one name, would be one value; the place is then part of the variable's name.
 */
export function variablesOf(
  parameters: readonly Parameter[],
  fields: Iterable<string>,
): ReadonlyMap<Parameter, string> {
  const used = new Set(fields);
  const variables = new Map<Parameter, string>();
  for (const parameter of parameters) {
    const plain = parameter.name
      .replaceAll(/[^\p{L}\p{N}_$@-]+/gu, "_")
      .replaceAll(/^[-_]+(?=.)|(?<=.)_+$/g, "");
    let variable = plain;
    if (!isVariable(variable) || used.has(variable)) variable = `${parameter.in}_${plain}`;
    for (let count = 2; used.has(variable); count++) variable = `${parameter.in}_${plain}_${count}`;
    used.add(variable);
    variables.set(parameter, variable);
  }
  return variables;
}
