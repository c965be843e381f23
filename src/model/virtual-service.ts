import type { JsonObject } from "../lib/json.js";
import type { Metadata } from "./metadata.js";

/** A set of domains and the routes they share, in canonical form. */
export interface VirtualService {
  readonly name: string;
  /** Empty, or a single `""`, was normalised to `["*"]`: the default virtual service. */
  readonly domains: readonly string[];
  /** In order; the first match wins. */
  readonly routes: readonly Route[];
  readonly ssl_config?: SslConfig;
  /** Roles that serve it. Empty was normalised to `["ingress"]`. */
  readonly roles: readonly string[];
  /** Keeps it off the gateway listeners; a listener may still name it. Default: false. */
  readonly disable_for_gateways: boolean;
  /** Typed per-filter config for all its routes, and other extensions of a virtual service. */
  readonly extensions?: JsonObject;
  readonly metadata?: Metadata;
}

/** One route: exactly one matcher and exactly one form of destination. */
export interface Route {
  readonly request_matcher?: RequestMatcher;
  readonly event_matcher?: EventMatcher;
  readonly single_destination?: Destination;
  readonly multiple_destinations?: readonly WeightedDestination[];
  /** What the matched path (for a prefix: the matched prefix) becomes. */
  readonly prefix_rewrite?: string;
  /** Each key is owned by one plugin, whose schema checked it. */
  readonly extensions?: JsonObject;
}

/** Matches requests by exactly one path form, and by headers, query parameters and verbs. */
export interface RequestMatcher {
  readonly path_prefix?: string;
  readonly path_regex?: string;
  readonly path_exact?: string;
  /** `""` matches presence; a value that contains `.*` is a regex; any other is exact. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `""` matches presence; a value that contains `.*` is a regex; any other is exact. */
  readonly query_params?: Readonly<Record<string, string>>;
  /** HTTP methods. Empty: all. */
  readonly verbs?: readonly string[];
}

/** Matches events by their type. */
export interface EventMatcher {
  readonly event_type: string;
}

/** Exactly one of a function and an upstream. */
export interface Destination {
  readonly function?: { readonly upstream_name: string; readonly function_name: string };
  readonly upstream?: { readonly name: string };
}

/** One of several destinations. */
export interface WeightedDestination {
  readonly destination: Destination;
  /** 1 to 4,294,967,295; the sum of a route's weights stays within that too. */
  readonly weight: number;
}

/** How TLS ends for a virtual service or a listener. Exactly one of `secret_ref` and `ssl_files`. */
export interface SslConfig {
  readonly secret_ref?: string;
  /** Paths on the Envoy's own file system. */
  readonly ssl_files?: {
    readonly tls_cert: string;
    readonly tls_key: string;
    readonly root_ca?: string;
  };
  /** Default: the virtual service's domains. */
  readonly sni_domains?: readonly string[];
}
