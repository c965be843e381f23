import type { Config } from "../model/resource.js";
import { compileRouteTable } from "../routing/compile-route-table.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import type { Translation } from "../translate/translation.js";
import type { Changes } from "./changes.js";
import { compareObjects } from "./compare-objects.js";
import { compareResources } from "./compare-resources.js";
import { compareRoutes } from "./compare-routes.js";

/** What is compared of a build. */
export interface ComparedBuild {
  readonly config: Config;
  readonly translation: Translation;
  readonly snapshot: Snapshot;
}

/**
 * What differs between two builds. Builds of one pipeline share what they have in common, and are compared
 * in time that grows with what they do not.
 */
export function compareBuilds(before: ComparedBuild, after: ComparedBuild): Changes {
  return {
    objects: compareObjects(before.config, after.config),
    routes: compareRoutes(compileRouteTable(before), compileRouteTable(after)),
    resources: compareResources(before.snapshot, after.snapshot),
  };
}
