import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import { nearest } from "../lib/nearest.js";
import type { Config } from "../model/resource.js";
import type { Place } from "./hook-session.js";
import type { ClusterReference } from "./plugin.js";

/** Config that names clusters, and where it stands. */
export interface ClusterNamer {
  readonly place: Place;
  readonly clusters: readonly Required<ClusterReference>[];
}

/** Whether the clusters that filters' config names are upstreams: Envoy is served no others. */
export function checkClusterNames(
  { place, clusters }: ClusterNamer,
  { upstreams, leftOut }: Config,
): readonly Diagnostic[] {
  return clusters.flatMap(({ name, pointer }) => {
    if (upstreams.has(name) || leftOut.Upstream.has(name)) return [];
    const near = nearest(name, upstreams.keys());
    return [diagnostic("envoy/unknown-cluster", { name, ...(near && { near }) }, place(pointer))];
  });
}
