import { isDeepStrictEqual } from "node:util";
import { packAny } from "../envoy/codec.js";
import type {
  FilterChain,
  HttpConnectionManager,
  HttpFilter,
  Listener,
  ListenerListenerFilter as ListenerFilter,
  TypedExtensionConfig,
} from "../envoy/generated/messages.js";
import type { JsonPointer } from "../model/location.js";
import { filterStages, type ClusterReference, type StagedFilter } from "./plugin.js";
import { adsSource } from "./sds.js";
import { eventTypeMark } from "./structured-events.js";
import { downstreamTls, type TlsSettings } from "./tls.js";

/** The HTTP filters of a listener, in order, and what they refer to. */
export interface HttpFilters {
  readonly filters: readonly HttpFilter[];
  readonly clusters: readonly Required<ClusterReference>[];
}

const routerFilter: StagedFilter = {
  stage: "route",
  filter: {
    name: "envoy.filters.http.router",
    typed_config: packAny("envoy.extensions.filters.http.router.v3.Router", {}),
  },
};

/**
 * Puts filters in the order of their stages, with one router at the end. Equal filters are one; of two
 * with the same name, and of two routers, the second is left out and told to `duplicate`.
 */
export function orderFilters(
  staged: readonly StagedFilter[],
  duplicate: (name: string, pointer: JsonPointer) => void,
): HttpFilters {
  const all = staged.some(({ stage }) => stage === "route") ? staged : [...staged, routerFilter];
  const chosen = new Map<string, StagedFilter>();
  for (const entry of filterStages.flatMap((stage) => all.filter((one) => one.stage === stage))) {
    const name = entry.filter.name ?? "";
    const rival =
      chosen.get(name) ??
      (entry.stage === "route"
        ? [...chosen.values()].find(({ stage }) => stage === "route")
        : undefined);
    if (rival === undefined) chosen.set(name, entry);
    else if (!sameFilter(rival.filter, entry.filter)) duplicate(name, entry.pointer ?? "");
  }
  const inOrder = [...chosen.values()];
  return {
    filters: inOrder.map(({ filter }) => filter),
    clusters: inOrder.flatMap(({ clusters = [], pointer: base = "" }) =>
      clusters.map(({ name, pointer = base }) => ({ name, pointer })),
    ),
  };
}

function sameFilter(left: HttpFilter, right: HttpFilter): boolean {
  const flags = ({ name, is_optional = false, disabled = false }: HttpFilter): unknown => [
    name,
    is_optional,
    disabled,
  ];
  const bytes = ({ typed_config }: HttpFilter): Uint8Array =>
    typed_config?.value ?? new Uint8Array();
  return (
    isDeepStrictEqual(flags(left), flags(right)) &&
    left.typed_config?.type_url === right.typed_config?.type_url &&
    Buffer.compare(bytes(left), bytes(right)) === 0
  );
}

/** One way into a listener: which clients, which TLS, which route table. */
export interface ChainPlan {
  /** The route table that it serves, and its own name. */
  readonly routeTable: string;
  /** Undefined: plain text. */
  readonly tls: TlsSettings | undefined;
  /**
   * Server names of TLS that lead here, in order. `*` among them, and an empty list: all that lead
   * nowhere else, too.
   */
  readonly serverNames: readonly string[];
}

/** An address, what is served there, and how. */
export interface ListenerPlan {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly chains: readonly ChainPlan[];
  readonly filters: readonly HttpFilter[];
}

/**
 * The listener. Its bytes depend on roles, listeners and TLS settings only: a change closes
 * connections, so all that changes often rides in other resources.
 */
export function listenerOf({ name, address, port, chains, filters }: ListenerPlan): Listener {
  const hasTls = chains.some(({ tls }) => tls !== undefined);
  const isMixed = hasTls && chains.some(({ tls }) => tls === undefined);
  return {
    name,
    address: {
      socket_address: { address, port_value: port, ...(address === "::" && { ipv4_compat: true }) },
    },
    ...(hasTls && { listener_filters: [tlsInspector] }),
    filter_chains: chains
      .flatMap(splitByNames)
      .map((chain) => filterChainOf(chain, { statPrefix: name, filters, isMixed })),
  };
}

/** A filter chain of Envoy is for some server names or for all others, so both take two of them. */
function splitByNames(chain: ChainPlan): readonly NamedChain[] {
  const named = { ...chain, name: chain.routeTable };
  const serverNames = chain.serverNames.filter((name) => name !== "*");
  if (serverNames.length === chain.serverNames.length) return [named];
  return [
    { ...named, serverNames },
    { ...named, name: `${chain.routeTable}~others`, serverNames: [] },
  ];
}

interface NamedChain extends ChainPlan {
  readonly name: string;
}

/** Reads the server name of TLS, by which filter chains are told apart. */
const tlsInspector: ListenerFilter = {
  name: "envoy.filters.listener.tls_inspector",
  typed_config: packAny("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
};

/** What a client says about the type of an event in structured mode does not count. */
const takeEventMarks: TypedExtensionConfig = {
  name: "envoy.http.early_header_mutation.header_mutation",
  typed_config: packAny(
    "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
    { mutations: [{ remove: eventTypeMark }] },
  ),
};

function filterChainOf(
  { name, routeTable, tls, serverNames }: NamedChain,
  listener: {
    readonly statPrefix: string;
    readonly filters: readonly HttpFilter[];
    readonly isMixed: boolean;
  },
): FilterChain {
  const match = {
    ...(serverNames.length > 0 && { server_names: serverNames }),
    ...(listener.isMixed && { transport_protocol: tls === undefined ? "raw_buffer" : "tls" }),
  };
  const manager: HttpConnectionManager = {
    stat_prefix: listener.statPrefix,
    rds: { config_source: adsSource, route_config_name: routeTable },
    http_filters: listener.filters,
    // The edge of the network: trust nothing that a client says about where it comes from, and match
    // routes on the path that the back end will see.
    use_remote_address: { value: true },
    normalize_path: { value: true },
    // Envoy leaves this out when the script of events sends a request through again.
    early_header_mutation_extensions: [takeEventMarks],
  };
  return {
    name,
    ...(Object.keys(match).length > 0 && { filter_chain_match: match }),
    ...(tls !== undefined && { transport_socket: downstreamTls(tls) }),
    filters: [
      {
        name: "envoy.filters.network.http_connection_manager",
        typed_config: packAny(
          "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          manager,
        ),
      },
    ],
  };
}
