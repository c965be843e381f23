import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Policies } from "../model/policies.js";
import type { Kind, Located } from "../model/resource.js";
import { matchesWhole } from "../routing/regex.js";

const keyOf = {
  Upstream: "upstream",
  VirtualService: "virtual_service",
  Role: "role",
  Attribute: "attribute",
} as const satisfies Record<Kind, keyof NonNullable<Policies["names"]>>;

/** Whether an object's name has the form that names of its kind have. */
export function checkName(
  located: Located<unknown>,
  { names = {} }: Policies,
): readonly Diagnostic[] {
  const { kind, name } = located.ref;
  const pattern = names[keyOf[kind]];
  if (pattern === undefined || matchesWhole(pattern, name)) return [];
  return [diagnostic("policy/name", { name, pattern }, targetOf(located, "/name"))];
}
