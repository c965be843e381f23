import type { DiagnosticCode, Params } from "../diagnostics/catalog.js";
import type {
  Cluster,
  HttpFilter,
  RouteAction,
  Route as EnvoyRoute,
  VirtualHost,
} from "../envoy/generated/messages.js";
import type { JsonObject } from "../lib/json.js";
import type { Endpoint } from "../model/endpoints.js";
import type { JsonPointer } from "../model/location.js";
import type { Located } from "../model/resource.js";
import type { Listener } from "../model/role.js";
import type { Upstream } from "../model/upstream.js";
import type { Route, VirtualService } from "../model/virtual-service.js";

/** One feature of the config language. Holds no state: every hook is a pure function. */
export interface TranslationPlugin {
  /** Stable, unique, kebab-case. Appears in diagnostics. */
  readonly name: string;
  /** Values of `Upstream.type` that it owns, with aliases and the JSON Schema of `spec`. */
  readonly upstreamTypes?: readonly {
    readonly type: string;
    readonly aliases?: readonly string[];
    readonly schema: JsonObject;
  }[];
  /** Values of `service_info.type` that it owns, with the JSON Schema of `properties`. */
  readonly serviceTypes?: readonly { readonly type: string; readonly schema: JsonObject }[];
  /** JSON Schemas of function specs, by upstream type or service type. */
  readonly functionSpecs?: Readonly<Record<string, JsonObject>>;
  /** An object schema whose `properties` are the keys of `Route.extensions` that it owns. */
  readonly routeExtensions?: JsonObject;
  /** The same for `VirtualService.extensions`. */
  readonly virtualServiceExtensions?: JsonObject;
  /** The same for `config` of listeners, roles and attributes. */
  readonly listenerConfig?: JsonObject;

  /** What to set on the cluster of an upstream. Called only for its own `upstreamTypes`. */
  upstream?(upstream: Located<Upstream>, context: HookContext): ClusterPatch | undefined;
  /** What to set on one route. Called for every route. */
  route?(route: Route, context: RouteContext): RoutePatch | undefined;
  /** What to set on one virtual host. Called for every virtual service. */
  virtualHost?(
    virtualService: Located<VirtualService>,
    context: HookContext,
  ): VirtualHostPatch | undefined;
  /**
   * What a route needs to reach function `functionName` of `upstream`. Called for its own upstream
   * types and service types.
   */
  functionDestination?(
    target: { readonly upstream: Located<Upstream>; readonly functionName: string },
    context: RouteContext,
  ): FunctionPatch | undefined;
  /** Filters of a listener. What it gives depends on the listener alone, never on routes. */
  httpFilters?(listener: Listener, context: HookContext): readonly StagedFilter[];
}

export interface HookContext {
  /** Reports against the object in hand; `pointer` is relative to that object's root. */
  report<C extends DiagnosticCode>(code: C, params: Params<C>, pointer: JsonPointer): void;
}

export interface RouteContext extends HookContext {
  readonly virtualService: Located<VirtualService>;
  /** Pointer of the route within the virtual service, such as "/routes/3". */
  readonly pointer: JsonPointer;
  /** The upstreams that the route leads to, in order. */
  readonly upstreams: readonly Located<Upstream>[];
}

/** What to set on a cluster, and the endpoints where they are known at translation. */
export interface ClusterPatch {
  readonly cluster: Partial<Omit<Cluster, "name">>;
  /** Addresses known from config: makes it an EDS cluster whose assignment is served beside it. */
  readonly endpoints?: readonly Endpoint[];
  /** References of secrets that its SDS configs name. */
  readonly secrets?: readonly string[];
}

/** Fields that two plugins set to different values are a diagnostic, never "the last one wins". */
export interface RoutePatch {
  readonly action?: Partial<RouteAction>;
  readonly route?: Partial<
    Omit<EnvoyRoute, "name" | "match" | "route" | "typed_per_filter_config">
  >;
  /** Typed per-filter config by filter name. */
  readonly perFilterConfig?: Readonly<Record<string, TypedConfig>>;
  /** Upstreams that the patch refers to besides the route's destinations. */
  readonly clusters?: readonly string[];
}

export interface VirtualHostPatch {
  readonly virtualHost?: Partial<
    Omit<VirtualHost, "name" | "domains" | "routes" | "typed_per_filter_config">
  >;
  readonly perFilterConfig?: Readonly<Record<string, TypedConfig>>;
  readonly clusters?: readonly string[];
}

/** What a function destination needs: on the route, or on its entry of the weighted cluster. */
export interface FunctionPatch extends RoutePatch {
  readonly secrets?: readonly string[];
}

/** A `google.protobuf.Any` as protobuf has it. */
export interface TypedConfig {
  readonly type_url: string;
  readonly value: Uint8Array;
}

/** The order of filters in every listener. Within a stage: by filter name, then as listed. */
export const filterStages = [
  "fault",
  "cors",
  "auth",
  "rate-limit",
  "custom",
  "transform",
  "route",
] as const;

export interface StagedFilter {
  readonly stage: (typeof filterStages)[number];
  readonly filter: HttpFilter;
  /** Upstreams that the filter's config refers to. */
  readonly clusters?: readonly string[];
}
