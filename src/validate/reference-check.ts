import { diagnostic, targetOf, type Diagnostic, type Target } from "../diagnostics/diagnostic.js";
import { appendAll } from "../lib/append-all.js";
import { nearest } from "../lib/nearest.js";
import type { Attribute } from "../model/attribute.js";
import type { LanguageExtensions } from "../model/language.js";
import type { JsonPointer } from "../model/location.js";
import type { Config, Located } from "../model/resource.js";
import type { Role } from "../model/role.js";
import type { Upstream } from "../model/upstream.js";
import type { Destination, VirtualService } from "../model/virtual-service.js";
import { firstOf } from "./finding.js";

/** What references are looked up in. */
export interface Names {
  readonly config: Config;
  /** The same object (`===`) as long as the upstreams have the same names, left-out ones included. */
  readonly upstreams: object;
}

/** Checks that every name that an object refers to exists. Reports all misses. */
export type ReferenceCheck = (names: Names) => readonly Diagnostic[];

/** What was found about a virtual service, and what it holds for. */
interface Known {
  readonly upstreams: object;
  /** The upstreams whose functions it calls. */
  readonly called: readonly (Located<Upstream> | undefined)[];
}

/** Creates the check. A virtual service is looked at again if its upstreams may have changed. */
export function createReferenceCheck({
  serviceTypes,
}: Pick<LanguageExtensions, "serviceTypes">): ReferenceCheck {
  const hasFunction = ({ functions = [], service_info }: Upstream, name: string): boolean =>
    serviceTypes.get(service_info?.type ?? "")?.hasUnlistedFunctions === true ||
    functions.some((own) => own.name === name);
  // Only those without misses.
  const sound = new WeakMap<Located<VirtualService>, Known>();
  return (names) => {
    const { config } = names;
    const found: Diagnostic[] = [];
    const suggest = createSuggestions();
    for (const virtualService of config.virtualServices.values()) {
      const known = sound.get(virtualService);
      if (known?.upstreams === names.upstreams && holds(known.called, config)) continue;
      const destinations = destinationsOf(virtualService.value);
      const misses = destinations.flatMap(({ destination, pointer }) => {
        return (
          missOf(destination, pointer, { ...names, hasFunction }, suggest, virtualService) ?? []
        );
      });
      const whole = (): Target => targetOf(virtualService, "");
      if (misses.length > 0) appendAll(found, firstOf(misses, "error", whole));
      else {
        const called = destinations.flatMap(({ destination: { function: target } }) =>
          target === undefined ? [] : [config.upstreams.get(target.upstream_name)],
        );
        sound.set(virtualService, { upstreams: names.upstreams, called });
      }
    }
    appendAll(found, checkVirtualServiceNames(names, suggest));
    return found;
  };
}

function holds(called: Known["called"], { upstreams }: Config): boolean {
  return called.every((own) => own !== undefined && upstreams.get(own.ref.name) === own);
}

function missOf(
  { upstream, function: target }: Destination,
  pointer: JsonPointer,
  {
    config,
    hasFunction,
  }: Pick<Names, "config"> & {
    readonly hasFunction: (upstream: Upstream, name: string) => boolean;
  },
  suggest: Suggest,
  virtualService: Located<VirtualService>,
): Diagnostic | undefined {
  const name = upstream?.name ?? target?.upstream_name ?? "";
  const known = config.upstreams.get(name);
  if (known === undefined) {
    if (config.leftOut.Upstream.has(name)) return undefined;
    const at = upstream === undefined ? "function/upstream_name" : "upstream/name";
    const params = { upstream: name, ...suggest(name, config.upstreams) };
    const place = targetOf(virtualService, `${pointer}/${at}`);
    return diagnostic("reference/unknown-upstream", params, place);
  }
  const { functions = [] } = known.value;
  if (target === undefined || hasFunction(known.value, target.function_name)) return undefined;
  const near = nearest(
    target.function_name,
    functions.map((own) => own.name),
  );
  const params = {
    upstream: name,
    name: target.function_name,
    ...(near !== undefined && { near }),
  };
  const place = targetOf(virtualService, `${pointer}/function/function_name`);
  return diagnostic("reference/unknown-function", params, place);
}

interface PlacedDestination {
  readonly destination: Destination;
  readonly pointer: JsonPointer;
}

function destinationsOf({ routes }: VirtualService): readonly PlacedDestination[] {
  return routes.flatMap(({ single_destination: single, multiple_destinations }, index) => [
    ...(single === undefined
      ? []
      : [{ destination: single, pointer: `/routes/${index}/single_destination` }]),
    ...(multiple_destinations ?? []).map(({ destination }, entry) => ({
      destination,
      pointer: `/routes/${index}/multiple_destinations/${entry}/destination`,
    })),
  ]);
}

/** Listeners and attributes name virtual services. */
function checkVirtualServiceNames({ config }: Names, suggest: Suggest): readonly Diagnostic[] {
  const check = (
    located: Located<Role | Attribute>,
    names: readonly string[] = [],
    pointer: JsonPointer,
  ): readonly Diagnostic[] =>
    names.flatMap((name, index) => {
      const { virtualServices, leftOut } = config;
      if (virtualServices.has(name) || leftOut.VirtualService.has(name)) return [];
      const params = { name, ...suggest(name, virtualServices) };
      const target = targetOf(located, `${pointer}/virtual_services/${index}`);
      return [diagnostic("reference/unknown-virtual-service", params, target)];
    });
  return [
    ...[...config.roles.values()].flatMap((role) =>
      (role.value.listeners ?? []).flatMap(({ virtual_services }, index) =>
        check(role, virtual_services, `/listeners/${index}`),
      ),
    ),
    ...[...config.attributes.values()].flatMap((attribute) =>
      check(attribute, attribute.value.listener_attribute.virtual_services, "/listener_attribute"),
    ),
  ];
}

type Suggest = (
  name: string,
  candidates: ReadonlyMap<string, unknown>,
) => { readonly near?: string };

/** How many different names are compared with all others: with more, the cause is another one. */
const maxSuggestions = 20;

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
