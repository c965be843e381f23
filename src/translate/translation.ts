import type {
  Cluster,
  ClusterLoadAssignment,
  Listener,
  Secret,
  VirtualHost,
} from "../envoy/generated/messages.js";
import type { TranslatedUpstream } from "./clusters.js";

/**
 * What a config means for Envoys: the resources of each role, as messages. A message that did not
 * change since an earlier translation is the same object (`===`), so that it is encoded once.
 */
export interface Translation {
  /** By role, in the order of names. */
  readonly roles: ReadonlyMap<string, RoleTranslation>;
  /** For nodes without a role, or with one that is not in `roles`. */
  readonly fallback: RoleTranslation;
}

/** The resources of one role. Each list is in the order of names, without repetitions. */
export interface RoleTranslation {
  readonly role: string;
  /** What its clusters were made from. */
  readonly upstreams: readonly TranslatedUpstream[];
  readonly clusters: readonly Cluster[];
  /** One for each EDS cluster. */
  readonly assignments: readonly ClusterLoadAssignment[];
  readonly listeners: readonly Listener[];
  readonly routeTables: readonly RouteTable[];
  readonly secrets: readonly Secret[];
}

/** A route configuration; its virtual hosts are shared with other tables. */
export interface RouteTable {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHost[];
}
