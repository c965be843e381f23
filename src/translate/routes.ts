import { isDeepStrictEqual } from "node:util";
import type {
  Route as EnvoyRoute,
  RouteAction,
  WeightedCluster_ClusterWeight as ClusterWeight,
} from "../envoy/generated/messages.js";
import type { JsonPointer } from "../model/location.js";
import { pointerOf } from "../model/location.js";
import type { Located } from "../model/resource.js";
import type { Destination, Route, VirtualService } from "../model/virtual-service.js";
import type { TranslatedUpstream } from "./clusters.js";
import type { HookSession } from "./hook-session.js";
import { isCopied, makesCopies } from "./function-copies.js";
import { matchOf, rewriteOf } from "./matchers.js";
import { MergedFilterConfig, MergedMessage, type Conflict } from "./merge.js";
import type {
  ClusterReference,
  FunctionPatch,
  PerFilterConfig,
  RouteContext,
  RoutePatch,
} from "./plugin.js";
import { coreName, type PluginSet } from "./plugin-set.js";

/** A route to translate, and what is known around it. */
export interface RouteInput {
  readonly route: Route;
  /** Such as "/routes/3". */
  readonly pointer: JsonPointer;
  readonly virtualService: Located<VirtualService>;
  readonly upstreamOf: (name: string) => TranslatedUpstream | undefined;
  readonly plugins: PluginSet;
  readonly session: HookSession;
}

/** One route of Envoy, and what it refers to. */
export interface TranslatedRoute {
  readonly message: EnvoyRoute;
  readonly filterConfigs: Iterable<readonly [string, PerFilterConfig]>;
  readonly clusters: readonly ClusterReference[];
  readonly secrets: readonly string[];
}

/** The upstream that a destination names. */
export function upstreamNameOf({ upstream, function: target }: Destination): string | undefined {
  return upstream?.name ?? target?.upstream_name;
}

/** The destinations of a route, with the pointer of each. */
export function destinationsOf(
  route: Route,
  pointer: JsonPointer,
): readonly { destination: Destination; weight?: number; pointer: JsonPointer }[] {
  if (route.single_destination !== undefined) {
    const at = pointerOf(pointer, "single_destination");
    return [{ destination: route.single_destination, pointer: at }];
  }
  return (route.multiple_destinations ?? []).map(({ destination, weight }, index) => ({
    destination,
    weight,
    pointer: pointerOf(pointer, "multiple_destinations", index, "destination"),
  }));
}

/**
 * Translates one route. Undefined if it leads to an upstream that is missing or has errors, which has
 * been reported where it belongs.
 */
export function translateRoute(input: RouteInput): TranslatedRoute | undefined {
  const { route, pointer, session, virtualService } = input;
  const match = matchOf(route);
  const targets = resolveDestinations(input);
  if (match === undefined || targets === undefined) return undefined;
  const context: RouteContext = {
    ...session.context,
    virtualService,
    route,
    pointer,
    upstreams: targets.map(({ upstream }) => upstream.upstream),
  };
  const conflicts: Conflict[] = [];
  const merge = new RouteMerge(rewriteOf(route.prefix_rewrite, match), match, conflicts);
  for (const plugin of input.plugins.plugins) {
    const patch =
      plugin.route && session.run(plugin, pointer, () => plugin.route?.(route, context));
    if (patch) merge.add(plugin.name, patch);
  }
  const functions = targets.map((target) => callFunction(target, input, context));
  const destination =
    route.multiple_destinations === undefined
      ? singleDestination(targets, functions, merge)
      : weightedDestination(targets, functions, merge, input);
  const message = merge.finish(destination);
  if (makesCopies(message.route ?? {})) checkCopies(targets, functions, session);
  for (const conflict of conflicts) session.context.report("plugin/conflict", conflict, pointer);
  return {
    message,
    filterConfigs: [
      ...merge.filters.entries,
      ...functions.flatMap((found) => Object.entries(found?.patch.perFilterConfig ?? {})),
    ],
    clusters: [...merge.clusters, ...functions.flatMap((found) => found?.patch.clusters ?? [])],
    secrets: functions.flatMap((found) => found?.patch.secrets ?? []),
  };
}

interface Target {
  readonly upstream: TranslatedUpstream;
  readonly functionName: string | undefined;
  readonly weight: number | undefined;
  readonly pointer: JsonPointer;
}

function resolveDestinations(input: RouteInput): readonly Target[] | undefined {
  const targets: Target[] = [];
  for (const { destination, weight, pointer } of destinationsOf(input.route, input.pointer)) {
    const upstream = input.upstreamOf(upstreamNameOf(destination) ?? "");
    if (upstream?.cluster === undefined) return undefined;
    const functionName = destination.function?.function_name;
    targets.push({ upstream, functionName, weight, pointer });
  }
  return targets.length === 0 ? undefined : targets;
}

interface FunctionCall {
  readonly plugin: string;
  readonly patch: FunctionPatch;
}

/** What it takes to call the function of a destination; undefined for a plain upstream. */
function callFunction(
  { upstream, functionName, pointer }: Target,
  { plugins, session }: RouteInput,
  context: RouteContext,
): FunctionCall | undefined {
  if (functionName === undefined) return undefined;
  const { name, type, service_info, functions = [] } = upstream.upstream.value;
  const { hasUnlistedFunctions = false } = plugins.serviceTypes.get(service_info?.type ?? "") ?? {};
  // That there is no such function has been reported where references are checked.
  if (!hasUnlistedFunctions && !functions.some((own) => own.name === functionName))
    return undefined;
  const owner = [
    plugins.servicePlugins.get(service_info?.type ?? ""),
    plugins.upstreamPlugins.get(type),
  ].find((plugin) => plugin?.functionDestination !== undefined);
  if (owner === undefined) {
    const params = { upstream: name, type: service_info?.type ?? type };
    session.context.report("function/not-callable", params, pointerOf(pointer, "function"));
    return undefined;
  }
  const target = { upstream: upstream.upstream, functionName };
  const patch = session.run(owner, pointer, () => owner.functionDestination?.(target, context));
  return { plugin: owner.name, patch: patch ?? {} };
}

/** Reports functions whose requests, and not those of clients, would be what is copied. */
function checkCopies(
  targets: readonly Target[],
  functions: readonly (FunctionCall | undefined)[],
  { context }: HookSession,
): void {
  functions.forEach((found, index) => {
    const target = targets[index];
    if (found === undefined || target === undefined || !isCopied(found.patch)) return;
    const { value } = target.upstream.upstream;
    const type = value.service_info?.type ?? value.type;
    context.report("fan-out/copied-function", { type }, pointerOf(target.pointer, "function"));
  });
}

/** Puts together what the language itself and the plugins say about one route. */
class RouteMerge {
  readonly filters: MergedFilterConfig;
  readonly clusters: ClusterReference[] = [];
  readonly #action: MergedMessage<"envoy.config.route.v3.RouteAction">;
  readonly #route: MergedMessage<"envoy.config.route.v3.Route">;
  readonly #defaults: (readonly [string, RouteAction])[] = [];

  constructor(base: RouteAction, match: NonNullable<EnvoyRoute["match"]>, conflicts: Conflict[]) {
    this.filters = new MergedFilterConfig(conflicts);
    this.#action = new MergedMessage(
      "envoy.config.route.v3.RouteAction",
      coreName,
      base,
      conflicts,
    );
    this.#route = new MergedMessage("envoy.config.route.v3.Route", coreName, { match }, conflicts);
  }

  add(owner: string, patch: RoutePatch): void {
    if (patch.action) this.#action.set(owner, patch.action);
    if (patch.defaultAction) this.#defaults.push([owner, patch.defaultAction]);
    if (patch.route) this.#route.set(owner, patch.route);
    if (patch.perFilterConfig) this.filters.set(owner, patch.perFilterConfig);
    if (patch.clusters) this.clusters.push(...patch.clusters);
  }

  finish(destination: RouteAction): EnvoyRoute {
    this.#action.set(coreName, destination);
    for (const [owner, patch] of this.#defaults) this.#action.setDefaults(owner, patch);
    const typed_per_filter_config = this.filters.message;
    return {
      ...this.#route.message,
      route: this.#action.message,
      ...(typed_per_filter_config && { typed_per_filter_config }),
    };
  }
}

function singleDestination(
  targets: readonly Target[],
  [found]: readonly (FunctionCall | undefined)[],
  merge: RouteMerge,
): RouteAction {
  if (found !== undefined) merge.add(found.plugin, { ...found.patch, clusters: [] });
  return { cluster: clusterNameOf(targets[0]!) }; // there is at least one target
}

function weightedDestination(
  targets: readonly Target[],
  functions: readonly (FunctionCall | undefined)[],
  merge: RouteMerge,
  { session, pointer }: RouteInput,
): RouteAction {
  for (const field of unshared(functions)) {
    session.context.report("plugin/weighted-function", { field }, pointer);
  }
  const shared = functions[0];
  if (shared !== undefined) merge.add(shared.plugin, sharedPatch(shared.patch));
  const clusters = targets.map((target, index): ClusterWeight => {
    const patch = functions[index]?.patch ?? {};
    const filters = new MergedFilterConfig([]);
    filters.set("", patch.perFilterConfig ?? {});
    const typed_per_filter_config = filters.message;
    return {
      name: clusterNameOf(target),
      weight: { value: target.weight ?? 0 },
      ...pickHeaders(patch),
      ...(patch.action?.host_rewrite_literal !== undefined && {
        host_rewrite_literal: patch.action.host_rewrite_literal,
      }),
      ...(typed_per_filter_config && { typed_per_filter_config }),
    };
  });
  return { weighted_clusters: { clusters } };
}

const headerFields = [
  "request_headers_to_add",
  "request_headers_to_remove",
  "response_headers_to_add",
  "response_headers_to_remove",
] as const;
/** What an entry of a weighted cluster can have of its own. */
const entryFields: ReadonlySet<string> = new Set([...headerFields, "host_rewrite_literal"]);

function pickHeaders({
  route = {},
}: FunctionPatch): Pick<ClusterWeight, (typeof headerFields)[number]> {
  return Object.fromEntries(
    headerFields.flatMap((field) => (route[field] === undefined ? [] : [[field, route[field]]])),
  );
}

/** What functions set on the route itself, because an entry of a weighted cluster cannot have it. */
function sharedPatch({ action, defaultAction, route }: FunctionPatch): RoutePatch {
  return {
    ...(action && { action: withoutEntryFields(action) }),
    ...(defaultAction && { defaultAction }),
    ...(route && { route: withoutEntryFields(route) }),
  };
}

function withoutEntryFields<T extends object>(fields: T): T {
  const kept = Object.entries(fields).filter(([field]) => !entryFields.has(field));
  return Object.fromEntries(kept) as T; // fields are optional; the others are as they were
}

/** Fields of the route itself that the functions of its destinations need to be different. */
function unshared(functions: readonly (FunctionCall | undefined)[]): readonly string[] {
  const fieldsOf = (found: FunctionCall | undefined): Record<string, unknown> => {
    const { action, defaultAction, route } = sharedPatch(found?.patch ?? {});
    return { ...defaultAction, ...action, ...route };
  };
  const all = functions.map(fieldsOf);
  const names = new Set(all.flatMap((fields) => Object.keys(fields)));
  return [...names].filter((name) =>
    all.some((fields) => !isDeepStrictEqual(fields[name], all[0]?.[name])),
  );
}

function clusterNameOf({ upstream }: Target): string {
  return upstream.upstream.value.name;
}
