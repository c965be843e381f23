import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Config } from "../model/resource.js";
import type { Listener } from "../model/role.js";

/** Warns of attributes that apply to no listener. */
export function checkSelectors({ attributes, roles, leftOut }: Config): readonly Diagnostic[] {
  // The listener that is meant may be that of a role with mistakes.
  if (leftOut.Role.size > 0) return [];
  const listeners = [...roles.values()].flatMap(({ value }) => value.listeners ?? []);
  return [...attributes.values()].flatMap((attribute) => {
    const { selector } = attribute.value.listener_attribute;
    const wanted = Object.entries(selector);
    if (wanted.length > 0 && listeners.some((listener) => hasLabels(listener, wanted))) return [];
    const text = wanted.map(([key, value]) => `${key}=${value}`).join(", ");
    const target = targetOf(attribute, "/listener_attribute/selector");
    return [diagnostic("attribute/selects-nothing", { selector: text }, target)];
  });
}

function hasLabels(
  { labels = {} }: Listener,
  wanted: readonly (readonly [string, string])[],
): boolean {
  return wanted.every(([key, value]) => labels[key] === value);
}
