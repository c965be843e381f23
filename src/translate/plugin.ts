import type { DiagnosticCode, Params } from "../diagnostics/catalog.js";
import type {
  Cluster,
  HttpFilter,
  RouteAction,
  Route as EnvoyRoute,
  VirtualHost,
} from "../envoy/generated/messages.js";
import type { JsonObject } from "../lib/json.js";
import type { ConfigFile } from "../model/config-file.js";
import type { Endpoint } from "../model/endpoints.js";
import type { JsonPointer, PlaceAt } from "../model/location.js";
import type { Located } from "../model/resource.js";
import type { Listener } from "../model/role.js";
import type { Upstream } from "../model/upstream.js";
import type { Route, VirtualService } from "../model/virtual-service.js";

/**
 * One feature of the config language. Holds no state: every hook is a pure function of its arguments,
 * which it does not change. Hooks are called again only for what may have changed, in any number.
 * Before a hook runs, the plugin's own schema has accepted what it reads.
 */
export interface TranslationPlugin {
  /** Stable, unique, kebab-case. Appears in diagnostics. */
  readonly name: string;
  /** Values of `Upstream.type` that it owns, with aliases and the JSON Schema of `spec`. */
  readonly upstreamTypes?: readonly {
    readonly type: string;
    readonly aliases?: readonly string[];
    readonly schema: JsonObject;
  }[];
  /**
   * Values of `service_info.type` that it owns, with the JSON Schema of `properties`. If functions need
   * not be listed in the upstream, the plugin itself reports calls of those that there are not.
   */
  readonly serviceTypes?: readonly {
    readonly type: string;
    readonly schema: JsonObject;
    readonly hasUnlistedFunctions?: boolean;
  }[];
  /** JSON Schemas of function specs, by upstream type or service type, which any plugin may own. */
  readonly functionSpecs?: Readonly<Record<string, JsonObject>>;
  /** An object schema whose `properties` are the keys of `Route.extensions` that it owns. */
  readonly routeExtensions?: JsonObject;
  /** The same for `VirtualService.extensions`. */
  readonly virtualServiceExtensions?: JsonObject;
  /** The same for `config` of listeners, roles and attributes. */
  readonly listenerConfig?: JsonObject;

  /** What to set on the cluster of an upstream of its own `upstreamTypes` and `serviceTypes`. */
  upstream?(upstream: Located<Upstream>, context: HookContext): ClusterPatch | undefined;
  /** What to set on one route. Called for every route. */
  route?(route: Route, context: RouteContext): RoutePatch | undefined;
  /** What to set on one virtual host. Called for every virtual service. */
  virtualHost?(
    virtualService: Located<VirtualService>,
    context: HookContext,
  ): VirtualHostPatch | undefined;
  /**
   * What a route needs to reach function `functionName` of `upstream`. Called for its own service
   * types, and for its own upstream types where no plugin owns the service type.
   */
  functionDestination?(
    target: { readonly upstream: Located<Upstream>; readonly functionName: string },
    context: RouteContext,
  ): FunctionPatch | undefined;
  /**
   * Filters of a listener, whose `config` is complete: that of the role and of attributes is merged in.
   * What it gives depends on the listener alone, never on routes, so that listeners stay byte-stable.
   */
  httpFilters?(listener: Listener, context: HookContext): readonly StagedFilter[];
  /** What finds out where upstreams are while they are served. */
  readonly endpointSource?: EndpointSource;
}

/**
 * Finds endpoints of upstreams in the world outside: in a registry, a file, an API. It runs in `gloo
 * serve`, apart from translation, and changes nothing but which endpoints Envoys are served (EDS).
 */
export interface EndpointSource {
  /** Upstream types that it finds endpoints for, its own or others'. A type has one source at most. */
  readonly upstreamTypes: readonly string[];
  /**
   * Watches until `signal` is aborted, and then ends soon, however. Called once; anew, after a while, if it
   * throws, rejects or ends before. What it was given last stays in force meanwhile.
   */
  watch(watch: EndpointWatch): Promise<void>;
}

/** What an endpoint source is given. */
export interface EndpointWatch {
  readonly signal: AbortSignal;
  /**
   * The upstreams of its types that are served, frozen, in the order of names. Another array once any of
   * them has come, gone or changed. All that are in the first one, and all that come, are to be reported.
   */
  upstreams(): readonly Upstream[];
  /** Resolves when `upstreams()` is another array than `seen`, or the signal is aborted. */
  changedFrom(seen: readonly Upstream[]): Promise<void>;
  /**
   * All endpoints of an upstream as they are now, be it none. Envoys get them in a moment, together with
   * what else comes meanwhile. Whoever reports the same again changes nothing.
   */
  report(upstream: string, endpoints: readonly Endpoint[]): void;
  /**
   * Why the endpoints of an upstream cannot be found, in a sentence for people: `gloo status` shows it until
   * there is a report for the upstream, which keeps the endpoints it has.
   */
  reportProblem(upstream: string, problem: string): void;
}

/** What every hook is given besides the object in hand. */
export interface HookContext {
  /**
   * Reports against the object in hand. `pointer` is relative to that object's root; `at` says whether
   * the key there is at fault, or its value (the default), or what is at an offset in a text.
   */
  report<C extends DiagnosticCode>(
    code: C,
    params: Params<C>,
    pointer: JsonPointer,
    at?: PlaceAt,
  ): void;
  /** The names of the values of a secret, such as `tls.crt`; undefined: no such secret. */
  secretKeys(ref: string): readonly string[] | undefined;
  /** Whether some plugin's endpoint source finds endpoints for upstreams of this type. */
  isWatched(upstreamType: string): boolean;
  /** The file that objects call `name`: its path below a folder `files`; undefined: no such file. */
  file(name: string): ConfigFile | undefined;
  /** All names of files, to find what was meant by one that `file` does not know. */
  fileNames(): Iterable<string>;
}

/** What hooks about one route are given. */
export interface RouteContext extends HookContext {
  readonly virtualService: Located<VirtualService>;
  readonly route: Route;
  /** Pointer of the route within the virtual service, such as "/routes/3". */
  readonly pointer: JsonPointer;
  /** The upstreams that the route leads to, in order. */
  readonly upstreams: readonly Located<Upstream>[];
}

/** What to set on a cluster, and the endpoints where they are known at translation. */
export interface ClusterPatch {
  readonly cluster: Partial<Omit<Cluster, "name">>;
  /**
   * Addresses known from config. If given, and be it empty, the upstream is an EDS cluster: its
   * assignment is served beside it and holds these and what endpoint sources found.
   */
  readonly endpoints?: readonly Endpoint[];
  /** Names of the SDS secrets that it refers to, as `certificateName` and its neighbours make them. */
  readonly secrets?: readonly string[];
}

/**
 * What to set on a route. Lists of headers to add or remove are joined in the order of plugins; any
 * other field that two plugins set to different values is a diagnostic, never "the last one wins".
 */
export interface RoutePatch {
  readonly action?: Partial<Omit<RouteAction, "cluster" | "weighted_clusters">>;
  /** As `action`, unless another plugin sets the field, or another one of the same oneof. */
  readonly defaultAction?: RoutePatch["action"];
  readonly route?: Partial<
    Omit<EnvoyRoute, "name" | "match" | "route" | "typed_per_filter_config">
  >;
  /** Typed per-filter config by filter name. */
  readonly perFilterConfig?: Readonly<Record<string, PerFilterConfig>>;
  /** Upstreams that the patch refers to besides the route's destinations. */
  readonly clusters?: readonly ClusterReference[];
}

/** What to set on a virtual host. */
export interface VirtualHostPatch {
  readonly virtualHost?: Partial<
    Omit<VirtualHost, "name" | "domains" | "routes" | "typed_per_filter_config">
  >;
  readonly perFilterConfig?: Readonly<Record<string, PerFilterConfig>>;
  readonly clusters?: readonly ClusterReference[];
}

/**
 * What a function destination needs: on the route or, if the route has several destinations, on its
 * entry of the weighted cluster. An entry has no action of its own but `host_rewrite_literal`: any
 * other field of `action` must be the same for all destinations of the route.
 */
export interface FunctionPatch extends RoutePatch {
  /** As in {@link ClusterPatch}. */
  readonly secrets?: readonly string[];
}

/** An upstream that config names, and where. */
export interface ClusterReference {
  readonly name: string;
  /** Relative to the object in hand. Default: the route or object itself. */
  readonly pointer?: JsonPointer;
}

/** A `google.protobuf.Any` as protobuf has it. */
export interface TypedConfig {
  readonly type_url: string;
  readonly value: Uint8Array;
}

/** Typed config of one filter, and where config asks for it (default: the route or object itself). */
export interface PerFilterConfig extends TypedConfig {
  readonly pointer?: JsonPointer;
  /** The filter is one of the destination's own cluster: no listener has to have it. Default: false. */
  readonly isInCluster?: boolean;
}

/**
 * The order of filters in every listener. Within a stage: in the order of plugins, then as given. The
 * stage "route" holds the router; a plugin that gives one there replaces the default one.
 */
export const filterStages = [
  "event",
  "fault",
  "cors",
  "auth",
  "rate-limit",
  "custom",
  "transform",
  "route",
] as const;

/** A filter, and its place in the chain. Equal filters of several plugins are one filter. */
export interface StagedFilter {
  readonly stage: (typeof filterStages)[number];
  readonly filter: HttpFilter;
  /** Where config asks for it, relative to the listener. Default: the listener itself. */
  readonly pointer?: JsonPointer;
  /** Upstreams that the filter's config refers to. */
  readonly clusters?: readonly ClusterReference[];
}
