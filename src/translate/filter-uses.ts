import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import { nearest } from "../lib/nearest.js";
import type { TranslatedListener } from "./roles.js";
import type { FilterUse, TranslatedVirtualService } from "./virtual-hosts.js";

/**
 * Whether the filters that virtual services configure are in the chains of the listeners that serve
 * them: Envoy ignores config for a filter that is not there.
 */
export function checkFilterUses(listeners: readonly TranslatedListener[]): readonly Diagnostic[] {
  const servedBy = new Map<TranslatedVirtualService, TranslatedListener[]>();
  for (const listener of listeners) {
    for (const served of listener.virtualServices) {
      if (served.filterUses.length === 0) continue;
      const known = servedBy.get(served);
      if (known === undefined) servedBy.set(served, [listener]);
      else known.push(listener);
    }
  }
  return [...servedBy].flatMap(([served, by]) =>
    served.filterUses.flatMap((use) => checkUse(served, use, by)),
  );
}

function checkUse(
  { virtualService }: TranslatedVirtualService,
  { name, typeUrl, pointer }: FilterUse,
  listeners: readonly TranslatedListener[],
): readonly Diagnostic[] {
  const key = targetOf(virtualService, pointer, "key");
  const lacking = listeners.filter(({ filters }) => !filters.some((one) => one.name === name));
  if (lacking.length === listeners.length) {
    const near = nearest(name, new Set(listeners.flatMap(({ filters }) => filters.map(nameOf))));
    return [diagnostic("filter/not-in-chain", { name, ...(near && { near }) }, key)];
  }
  const other = listeners
    .flatMap(({ filters }) => filters.filter((one) => one.name === name))
    .map(({ typed_config }) => typeNameOf(typed_config?.type_url))
    .find((chain) => isOfOtherFilter(typeNameOf(typeUrl), chain));
  return [
    ...lacking.map(({ role, effective: { listener } }) =>
      diagnostic("filter/not-in-every-chain", { name, role, listener: listener.name }, key),
    ),
    ...(other === undefined
      ? []
      : [
          diagnostic(
            "filter/other-filter",
            { name, type: typeNameOf(typeUrl), chain: other },
            targetOf(virtualService, pointer),
          ),
        ]),
  ];
}

function nameOf({ name = "" }: { readonly name?: string }): string {
  return name;
}

function typeNameOf(typeUrl = ""): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/** A filter and its per-route config are messages of one package, which all other filters lack. */
function isOfOtherFilter(type: string, chain: string): boolean {
  const packageOf = (name: string): string | undefined =>
    /^envoy\.extensions\.filters\.http\.[a-z0-9_.]+/.exec(name)?.[0];
  const wanted = packageOf(type);
  const found = packageOf(chain);
  return wanted !== undefined && found !== undefined && wanted !== found;
}
