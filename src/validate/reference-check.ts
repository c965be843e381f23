import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import { nearest } from "../lib/nearest.js";
import type { Attribute } from "../model/attribute.js";
import type { JsonPointer } from "../model/location.js";
import type { Config, Located } from "../model/resource.js";
import type { Role } from "../model/role.js";
import type { Upstream } from "../model/upstream.js";
import type { Destination, VirtualService } from "../model/virtual-service.js";

/** Names of objects that exist but are left out of the config: who refers to them is not at fault. */
export interface BrokenNames {
  has(kind: "Upstream" | "VirtualService", name: string): boolean;
}

/** Every name that an object refers to must exist. Reports all misses. */
export function checkReferences(config: Config, broken: BrokenNames): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const suggest = createSuggestions();
  for (const virtualService of config.virtualServices.values()) {
    for (const { destination, pointer } of destinationsOf(virtualService.value)) {
      const miss = missOf(destination, pointer, { config, broken, suggest }, virtualService);
      if (miss !== undefined) found.push(miss);
    }
  }
  const checkNames = (
    located: Located<Role | Attribute>,
    names: readonly string[] = [],
    pointer: JsonPointer,
  ): void => {
    names.forEach((name, index) => {
      if (config.virtualServices.has(name) || broken.has("VirtualService", name)) return;
      const params = { name, ...suggest(name, config.virtualServices) };
      const target = targetOf(located, `${pointer}/virtual_services/${index}`);
      found.push(diagnostic("reference/unknown-virtual-service", params, target));
    });
  };
  for (const role of config.roles.values()) {
    role.value.listeners?.forEach(({ virtual_services }, index) => {
      checkNames(role, virtual_services, `/listeners/${index}`);
    });
  }
  for (const attribute of config.attributes.values()) {
    const { virtual_services } = attribute.value.listener_attribute;
    checkNames(attribute, virtual_services, "/listener_attribute");
  }
  return found;
}

interface Known {
  readonly config: Config;
  readonly broken: BrokenNames;
  readonly suggest: Suggest;
}

function missOf(
  { upstream, function: target }: Destination,
  pointer: JsonPointer,
  { config, broken, suggest }: Known,
  virtualService: Located<VirtualService>,
): Diagnostic | undefined {
  const name = upstream?.name ?? target?.upstream_name ?? "";
  const known = config.upstreams.get(name);
  if (known === undefined) {
    if (broken.has("Upstream", name)) return undefined;
    const at = upstream === undefined ? "function/upstream_name" : "upstream/name";
    const params = { upstream: name, ...suggest(name, config.upstreams) };
    const place = targetOf(virtualService, `${pointer}/${at}`);
    return diagnostic("reference/unknown-upstream", params, place);
  }
  if (target === undefined || hasFunction(known, target.function_name)) return undefined;
  const names = known.value.functions?.map((own) => own.name) ?? [];
  const near = nearest(target.function_name, names);
  const params = {
    upstream: name,
    name: target.function_name,
    ...(near !== undefined && { near }),
  };
  const place = targetOf(virtualService, `${pointer}/function/function_name`);
  return diagnostic("reference/unknown-function", params, place);
}

function hasFunction({ value }: Located<Upstream>, name: string): boolean {
  return value.functions?.some((own) => own.name === name) === true;
}

function* destinationsOf({ routes }: VirtualService): Generator<{
  readonly destination: Destination;
  readonly pointer: JsonPointer;
}> {
  for (const [index, { single_destination: single, multiple_destinations }] of routes.entries()) {
    if (single !== undefined) {
      yield { destination: single, pointer: `/routes/${index}/single_destination` };
    }
    for (const [entry, { destination }] of multiple_destinations?.entries() ?? []) {
      const pointer = `/routes/${index}/multiple_destinations/${entry}/destination`;
      yield { destination, pointer };
    }
  }
}

type Suggest = (
  name: string,
  candidates: ReadonlyMap<string, unknown>,
) => { readonly near?: string };

/** How many different names are looked for among all others: with more, the cause is another one. */
const maxSuggestions = 50;

function createSuggestions(): Suggest {
  const known = new Map<string, string | undefined>();
  return (name, candidates) => {
    if (!known.has(name)) {
      known.set(name, known.size < maxSuggestions ? nearest(name, candidates.keys()) : undefined);
    }
    const near = known.get(name);
    return near === undefined ? {} : { near };
  };
}
