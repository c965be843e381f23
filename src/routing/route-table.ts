import type { SourceLocation } from "../model/location.js";

/**
 * Which request is answered how: what Envoys are really served, joined with the config that it was made
 * from. A value of plain JSON (`JSON.stringify` gives all of it) in which every list is in the order in
 * which Envoy looks at it. It holds no secrets: the config of filters is there as a hash only.
 */
export interface RouteTable {
  /** In the order of names. */
  readonly roles: readonly RoleRoutes[];
}

/** What the Envoys of one role answer. */
export interface RoleRoutes {
  readonly role: string;
  /** In the order of names. */
  readonly listeners: readonly ListenerRoutes[];
}

/** One address, and the ways in. */
export interface ListenerRoutes {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** One, or, with TLS, one for each set of server names. */
  readonly chains: readonly ChainRoutes[];
}

/** One way into a listener (a filter chain), and the route table behind it. */
export interface ChainRoutes {
  readonly name: string;
  readonly scheme: "http" | "https";
  /** Server names of TLS that lead here; empty: all that lead nowhere else, and none at all. */
  readonly serverNames: readonly string[];
  /** Whether clients must show a certificate. */
  readonly asksClientCertificate: boolean;
  /** The name of the route table: listeners of several roles may have tables of the same name. */
  readonly routeTable: string;
  readonly requestLine: RequestLineHandling;
  /** In the order of names. Which of them answers does not depend on the order. */
  readonly hosts: readonly HostRoutes[];
}

/** What Envoy does to host and path before it looks for a route. */
export interface RequestLineHandling {
  /** Whether `.`, `..` and `%2e` are resolved, and escapes of plain characters undone (RFC 3986). */
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  /** What becomes of `%2F` and `%5C` in a path. */
  readonly escapedSlashes: "keep" | "reject" | "unescape-and-redirect" | "unescape-and-forward";
  /** Whether a port is taken off the host: never, if it is the listener's own, or always. */
  readonly stripPort: "never" | "matching" | "any";
  readonly stripTrailingDot: boolean;
}

/** One virtual host: the routes of a virtual service. The same object (`===`) until one of both changes. */
export interface HostRoutes {
  /** The name of the virtual service. */
  readonly virtualService: string;
  readonly domains: readonly string[];
  readonly requireTls: "none" | "external-only" | "all";
  /** Tried in this order; the first that matches answers. Compiled when they are asked for. */
  readonly routes: readonly CompiledRoute[];
  /** For all its routes, besides their own. */
  readonly requestHeaders: HeaderEdits;
  readonly responseHeaders: HeaderEdits;
  readonly retries?: Retries;
  readonly filters: readonly FilterConfig[];
  /** Where the virtual service stands. */
  readonly location: SourceLocation | undefined;
}

/** One route, as Envoy has it. */
export interface CompiledRoute {
  readonly virtualService: string;
  /** Its place among the routes of the virtual service, from 0. */
  readonly index: number;
  readonly match: RouteCondition;
  readonly outcome: RouteOutcome;
  readonly requestHeaders: HeaderEdits;
  readonly responseHeaders: HeaderEdits;
  readonly filters: readonly FilterConfig[];
  /** Where the route stands. Computed when first asked for. */
  readonly location: SourceLocation | undefined;
}

/** Which requests a route takes: all of it must hold. */
export interface RouteCondition {
  readonly path: PathCondition;
  /** Undefined: any. */
  readonly methods?: readonly string[];
  /** The type of the events that it takes; the headers that say so are among `headers`, too. */
  readonly event?: string;
  /** Events are CloudEvents: those in structured mode have their type in the body, and no such headers. */
  readonly isCloudEvent?: true;
  /** Without the method. */
  readonly headers: readonly ValueCondition[];
  readonly query: readonly ValueCondition[];
  /** Conditions of Envoy's that only a running Envoy can judge, by the names of their fields. */
  readonly unjudged: readonly string[];
}

/** What the path has to be. The query does not count. `any`: no condition. */
export interface PathCondition {
  readonly kind: "prefix" | "segment-prefix" | "exact" | "regex" | "any";
  readonly text: string;
  readonly ignoreCase: boolean;
}

/** What a header or query parameter has to be. A regex (RE2) is for the whole value. */
export interface ValueCondition {
  readonly name: string;
  readonly kind:
    "present" | "absent" | "exact" | "prefix" | "suffix" | "contains" | "regex" | "range";
  readonly text: string;
  readonly ignoreCase: boolean;
  /** Whether it holds where the rest of it does not. */
  readonly not: boolean;
}

/** What becomes of a request that a route takes. */
export type RouteOutcome = Forward | Redirect | Respond | Unknown;

/** It goes to one of several back ends. */
export interface Forward {
  readonly kind: "forward";
  /** In the order of the config, with their weights. */
  readonly destinations: readonly RouteDestination[];
  readonly path?: PathRewrite;
  readonly host?: HostRewrite;
  /** Such as `15s`; `0s` is no limit. Undefined: Envoy's own, 15 s. */
  readonly timeout?: string;
  readonly retries?: Retries;
  readonly mirrors: readonly Mirror[];
}

/** Where requests go. */
export interface RouteDestination {
  readonly upstream: string;
  /** Undefined: the upstream itself. */
  readonly function?: string;
  /** Of Envoy; named like the upstream. */
  readonly cluster: string;
  /** Its share, relative to the sum of all weights of the route. */
  readonly weight: number;
  readonly host?: HostRewrite;
  readonly requestHeaders: HeaderEdits;
  readonly responseHeaders: HeaderEdits;
  readonly filters: readonly FilterConfig[];
}

/** What becomes of the path, besides what functions make of it. The query stays. */
export type PathRewrite =
  | { readonly kind: "prefix"; readonly text: string }
  | { readonly kind: "regex"; readonly regex: string; readonly substitution: string }
  | { readonly kind: "format"; readonly text: string };

/** What host the back end is asked for. `upstream`: the host name of the address. */
export type HostRewrite =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "upstream" }
  | { readonly kind: "header"; readonly text: string }
  | { readonly kind: "path-regex"; readonly regex: string; readonly substitution: string };

/** How failed requests are tried again. */
export interface Retries {
  readonly on: string;
  readonly count: number;
  readonly perTryTimeout?: string;
}

/** Who gets a copy of each request. */
export interface Mirror {
  readonly upstream: string;
  /** Share of the requests, in percent. */
  readonly percent: number;
}

/** Envoy answers itself: the client is sent elsewhere. */
export interface Redirect {
  readonly kind: "redirect";
  readonly status: number;
  readonly scheme?: string;
  readonly host?: string;
  readonly port?: number;
  /** What the path becomes; undefined: it stays. */
  readonly path?: PathRewrite | { readonly kind: "literal"; readonly text: string };
  readonly stripQuery: boolean;
}

/** Envoy answers itself. */
export interface Respond {
  readonly kind: "respond";
  readonly status: number;
  readonly body?: string;
}

/** Only a running Envoy can say: the name of the field that decides. */
export interface Unknown {
  readonly kind: "unknown";
  readonly field: string;
}

/** What is done to headers. Values are format strings of Envoy. */
export interface HeaderEdits {
  readonly add: readonly HeaderToAdd[];
  readonly remove: readonly string[];
}

export interface HeaderToAdd {
  readonly name: string;
  readonly value: string;
  readonly when: "append" | "add-if-absent" | "overwrite" | "overwrite-if-exists";
}

/** Config of a filter for one route, without what is in it: that may be anything. */
export interface FilterConfig {
  readonly name: string;
  readonly type: string;
  /** Equal config has equal hashes. */
  readonly hash: string;
}
