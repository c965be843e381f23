import { isDeepStrictEqual } from "node:util";
import { contentOfAny, decode } from "../envoy/codec.js";
import {
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  VirtualHost_TlsRequirementType as TlsRequirement,
  type FilterChain,
  type HttpConnectionManager,
  type Listener,
  type VirtualHost,
} from "../envoy/generated/messages.js";
import { pointerOf } from "../model/location.js";
import { lazyWeak } from "../lib/lazy.js";
import type { Config, Located } from "../model/resource.js";
import type { Route, VirtualService } from "../model/virtual-service.js";
import { matchOf } from "../translate/matchers.js";
import { isAddedForEvents } from "../translate/structured-events.js";
import type { RoleTranslation, Translation } from "../translate/translation.js";
import { conditionOf } from "./route-condition.js";
import { filterConfigs, headerEdits, outcomeOf, retriesOf } from "./route-record.js";
import type {
  ChainRoutes,
  CompiledRoute,
  HostRoutes,
  ListenerRoutes,
  RequestLineHandling,
  RoleRoutes,
  RouteTable,
} from "./route-table.js";

/** What a route table is made from: a `Build` has both. */
export interface RouteTableInput {
  readonly config: Config;
  readonly translation: Translation;
}

interface CompiledHost {
  readonly virtualService: Located<VirtualService> | undefined;
  readonly host: HostRoutes;
}

// What was made of messages, which never change: an unchanged one costs a look.
const hosts = new WeakMap<VirtualHost, CompiledHost>();
const frames = new WeakMap<Listener, ListenerFrame>();

/**
 * The routes of what Envoys are served, with the config that each comes from. Equal input gives an equal
 * table; the part of a virtual host that did not change since an earlier call is the same object.
 */
export function compileRouteTable({ config, translation }: RouteTableInput): RouteTable {
  return { roles: [...translation.roles.values()].map((role) => roleRoutes(role, config)) };
}

function roleRoutes(role: RoleTranslation, config: Config): RoleRoutes {
  const byTable = new Map(
    role.routeTables.map(({ name, virtualHosts }) => [
      name,
      virtualHosts.map((host) => compileHost(host, config)),
    ]),
  );
  const listeners = role.listeners.map((listener): ListenerRoutes => {
    const { chains, ...frame } = frameOf(listener);
    return {
      ...frame,
      chains: chains.map((chain) => ({ ...chain, hosts: byTable.get(chain.routeTable) ?? [] })),
    };
  });
  return { role: role.role, listeners };
}

/** What is known of a listener without its routes. */
interface ListenerFrame extends Omit<ListenerRoutes, "chains"> {
  readonly chains: readonly Omit<ChainRoutes, "hosts">[];
}

function frameOf(listener: Listener): ListenerFrame {
  let frame = frames.get(listener);
  if (frame === undefined) {
    const { address = "", port_value: port = 0 } = listener.address?.socket_address ?? {};
    const chains = (listener.filter_chains ?? []).flatMap((chain) => chainOf(chain) ?? []);
    frame = { name: listener.name ?? "", address, port, chains };
    frames.set(listener, frame);
  }
  return frame;
}

const managerType =
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const tlsType = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

function chainOf(chain: FilterChain): Omit<ChainRoutes, "hosts"> | undefined {
  const manager = (chain.filters ?? [])
    .map(({ typed_config }) => contentOfAny(typed_config ?? {}))
    .find(({ type }) => type === managerType);
  if (manager === undefined) return undefined;
  const message = decode(managerType, manager.value);
  const tls = chain.transport_socket?.typed_config;
  return {
    name: chain.name ?? "",
    scheme: tls === undefined ? "http" : "https",
    serverNames: chain.filter_chain_match?.server_names ?? [],
    asksClientCertificate:
      tls !== undefined &&
      decode(tlsType, contentOfAny(tls).value).require_client_certificate?.value === true,
    routeTable: message.rds?.route_config_name ?? "",
    requestLine: requestLineOf(message),
  };
}

const escapedSlashes: ReadonlyMap<number, RequestLineHandling["escapedSlashes"]> = new Map([
  [EscapedSlashes.REJECT_REQUEST, "reject"],
  [EscapedSlashes.UNESCAPE_AND_REDIRECT, "unescape-and-redirect"],
  [EscapedSlashes.UNESCAPE_AND_FORWARD, "unescape-and-forward"],
]);

function requestLineOf(manager: HttpConnectionManager): RequestLineHandling {
  const stripsAny = manager.strip_any_host_port === true;
  const stripsOwn = manager.strip_matching_host_port === true;
  return {
    normalizePath: manager.normalize_path?.value === true,
    mergeSlashes: manager.merge_slashes === true,
    escapedSlashes: escapedSlashes.get(manager.path_with_escaped_slashes_action ?? 0) ?? "keep",
    stripPort: stripsAny ? "any" : stripsOwn ? "matching" : "never",
    stripTrailingDot: manager.strip_trailing_host_dot === true,
  };
}

const tlsRequirements: ReadonlyMap<number, HostRoutes["requireTls"]> = new Map([
  [TlsRequirement.EXTERNAL_ONLY, "external-only"],
  [TlsRequirement.ALL, "all"],
]);

function compileHost(message: VirtualHost, config: Config): HostRoutes {
  const virtualService = config.virtualServices.get(message.name ?? "");
  const known = hosts.get(message);
  if (known?.virtualService === virtualService && known !== undefined) return known.host;
  const retries = retriesOf(message.retry_policy);
  // Who looks at hosts after every commit looks at the routes of those that changed.
  const routes = lazyWeak(() => compileRoutes(message, virtualService));
  const host: HostRoutes = {
    virtualService: message.name ?? "",
    domains: message.domains ?? [],
    requireTls: tlsRequirements.get(message.require_tls ?? 0) ?? "none",
    get routes() {
      return routes();
    },
    requestHeaders: headerEdits(message.request_headers_to_add, message.request_headers_to_remove),
    responseHeaders: headerEdits(
      message.response_headers_to_add,
      message.response_headers_to_remove,
    ),
    ...(retries && { retries }),
    filters: filterConfigs(message.typed_per_filter_config),
    get location() {
      return virtualService?.origin.locate("");
    },
  };
  hosts.set(message, { virtualService, host });
  return host;
}

function compileRoutes(
  { name = "", routes: all = [] }: VirtualHost,
  virtualService: Located<VirtualService> | undefined,
): readonly CompiledRoute[] {
  const written = virtualService?.value.routes ?? [];
  // What is added for events in structured mode is part of the routes that it is made from.
  const routes = all.filter((route) => !isAddedForEvents(route));
  let next = 0;
  return routes.map((message, position) => {
    // A route with mistakes has no message. Then what the others match says which is which.
    const index =
      routes.length === written.length ? position : indexOfMatch(message.match, written, next);
    next = index + 1;
    const route = written[index];
    return {
      virtualService: name,
      index,
      match: conditionOf(message.match ?? {}, route),
      outcome: outcomeOf(message, route),
      requestHeaders: headerEdits(
        message.request_headers_to_add,
        message.request_headers_to_remove,
      ),
      responseHeaders: headerEdits(
        message.response_headers_to_add,
        message.response_headers_to_remove,
      ),
      filters: filterConfigs(message.typed_per_filter_config),
      get location() {
        return virtualService?.origin.locate(pointerOf("/routes", index));
      },
    };
  });
}

function indexOfMatch(match: unknown, written: readonly Route[], from: number): number {
  const found = written.findIndex(
    (route, index) => index >= from && isDeepStrictEqual(matchOf(route), match),
  );
  return found < 0 ? from : found;
}
