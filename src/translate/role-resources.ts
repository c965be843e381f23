import type {
  Cluster,
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
 * names are gathered again only after a virtual service or a listener changed. `changed`: names of
 * upstreams that are not what they were; undefined: all may be. The list stays the same (`===`) as long
 * as the upstreams in it do.
 */
export function selectUpstreams(
  known: Selection | undefined,
  listeners: readonly TranslatedListener[],
  upstreams: ReadonlyMap<string, TranslatedUpstream>,
  changed: ReadonlySet<string> | undefined,
): Selection {
  const virtualServices = listeners.flatMap((listener) => listener.virtualServices);
  const filterClusters = listeners.map(({ clusters }) => clusters);
  // A name that had no upstream is not among the known ones, and may have one by this change.
  const isKnown =
    known !== undefined &&
    changed !== undefined &&
    known.virtualServices.length === virtualServices.length &&
    known.virtualServices.every((own, index) => refersAlike(own, virtualServices[index])) &&
    sameItems(known.filterClusters, filterClusters);
  const names = isKnown ? known.names : namesInOrder(listeners, virtualServices, upstreams);
  const hasSameNames = known !== undefined && (isKnown || sameItems(known.names, names));
  const chosen =
    hasSameNames && changed !== undefined
      ? replaceChanged(known, upstreams, changed)
      : sound(names, upstreams);
  return { upstreams: chosen, names, virtualServices, filterClusters };
}

/** Whether both name the same upstreams: one that was translated again often does. */
function refersAlike(
  left: TranslatedVirtualService,
  right: TranslatedVirtualService | undefined,
): boolean {
  return (
    left === right ||
    (left.upstreams === right?.upstreams && left.clusters.length + right.clusters.length === 0)
  );
}

function sound(
  names: readonly string[],
  upstreams: ReadonlyMap<string, TranslatedUpstream>,
): readonly TranslatedUpstream[] {
  const chosen: TranslatedUpstream[] = [];
  for (const name of names) {
    const translated = upstreams.get(name);
    if (translated?.cluster !== undefined) chosen.push(translated);
  }
  return chosen;
}

function replaceChanged(
  { upstreams: before, names }: Selection,
  upstreams: ReadonlyMap<string, TranslatedUpstream>,
  changed: ReadonlySet<string>,
): readonly TranslatedUpstream[] {
  if (changed.size === 0) return before;
  const isComplete =
    before.length === names.length &&
    [...changed].every((name) => upstreams.get(name)?.cluster !== undefined);
  if (!isComplete) return sound(names, upstreams);
  const after = [...before];
  for (const name of changed) {
    const index = indexOfName(before, name);
    const translated = upstreams.get(name);
    if (index !== undefined && translated !== undefined) after[index] = translated;
  }
  return after;
}

/** The place of a name among upstreams that are in the order of names. */
function indexOfName(upstreams: readonly TranslatedUpstream[], name: string): number | undefined {
  let low = 0;
  let high = upstreams.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = upstreams[middle]?.upstream.value.name ?? "";
    if (found === name) return middle;
    if (found < name) low = middle + 1;
    else high = middle;
  }
  return undefined;
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
    readonly clusters: readonly Cluster[];
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
    clusters: made.clusters,
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
