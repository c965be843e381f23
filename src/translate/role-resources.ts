import type {
  ClusterLoadAssignment,
  Secret as SdsSecret,
  VirtualHost,
} from "../envoy/generated/messages.js";
import { compareText } from "../lib/compare.js";
import type { TranslatedUpstream } from "./clusters.js";
import type { TranslatedListener } from "./roles.js";
import type { RoleTranslation, RouteTable } from "./translation.js";
import type { TranslatedVirtualService } from "./virtual-hosts.js";

/** The upstreams that a role's listeners lead to, and what they were chosen by. */
export interface Selection {
  /** In the order of names; those with errors are left out. */
  readonly upstreams: readonly TranslatedUpstream[];
  readonly names: readonly string[];
  readonly virtualServices: readonly TranslatedVirtualService[];
  readonly filterClusters: readonly unknown[];
}

/**
 * Chooses the upstreams that a role is served: those that its routes and its filters' config name. The
 * names are gathered again only after a virtual service or a listener changed.
 */
export function selectUpstreams(
  known: Selection | undefined,
  listeners: readonly TranslatedListener[],
  upstreams: ReadonlyMap<string, TranslatedUpstream>,
): Selection {
  const virtualServices = listeners.flatMap((listener) => listener.virtualServices);
  const filterClusters = listeners.map(({ clusters }) => clusters);
  const isKnown =
    known !== undefined &&
    sameItems(known.virtualServices, virtualServices) &&
    sameItems(known.filterClusters, filterClusters);
  const names = isKnown ? known.names : namesInOrder(listeners, virtualServices, upstreams);
  const chosen: TranslatedUpstream[] = [];
  for (const name of names) {
    const translated = upstreams.get(name);
    if (translated?.cluster !== undefined) chosen.push(translated);
  }
  return { upstreams: chosen, names, virtualServices, filterClusters };
}

function namesInOrder(
  listeners: readonly TranslatedListener[],
  virtualServices: readonly TranslatedVirtualService[],
  upstreams: ReadonlyMap<string, TranslatedUpstream>,
): readonly string[] {
  const names = new Set<string>();
  for (const { upstreams: routed, clusters } of virtualServices) {
    for (const name of routed) names.add(name);
    for (const { name } of clusters) names.add(name);
  }
  for (const { clusters } of listeners) for (const { name } of clusters) names.add(name);
  // All upstreams are in the order of names: for many names, a walk over them is cheaper than sorting.
  return names.size * 8 > upstreams.size
    ? [...upstreams.keys()].filter((name) => names.has(name))
    : [...names].sort(compareText);
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

/** Puts the resources of a role together. */
export function roleTranslation(
  role: string,
  listeners: readonly TranslatedListener[],
  upstreams: readonly TranslatedUpstream[],
  made: {
    readonly assignments: readonly ClusterLoadAssignment[];
    readonly secretOf: (name: string) => SdsSecret | undefined;
  },
): RoleTranslation {
  const inOrder = [...listeners].sort((a, b) =>
    compareText(a.message.name ?? "", b.message.name ?? ""),
  );
  return {
    role,
    upstreams,
    clusters: upstreams.flatMap(({ cluster }) => cluster ?? []),
    assignments: made.assignments,
    listeners: inOrder.map(({ message }) => message),
    routeTables: routeTablesOf(listeners),
    secrets: secretNames(listeners, upstreams).flatMap((name) => made.secretOf(name) ?? []),
  };
}

function routeTablesOf(listeners: readonly TranslatedListener[]): readonly RouteTable[] {
  return listeners
    .flatMap(({ chains }) => chains)
    .map(({ routeTable: name, virtualServices }) => ({
      name,
      virtualHosts: virtualServices.map(({ virtualHost }): VirtualHost => virtualHost),
    }))
    .sort((a, b) => compareText(a.name, b.name));
}

function secretNames(
  listeners: readonly TranslatedListener[],
  upstreams: readonly TranslatedUpstream[],
): readonly string[] {
  const names = new Set<string>();
  for (const { chains, virtualServices } of listeners) {
    for (const { tls } of chains) {
      if (tls === undefined) continue;
      names.add(tls.certificate);
      if (tls.trustedCa !== undefined) names.add(tls.trustedCa);
    }
    for (const { secrets } of virtualServices) for (const name of secrets) names.add(name);
  }
  for (const { secrets } of upstreams) for (const name of secrets) names.add(name);
  return [...names].sort(compareText);
}
