import type { Config } from "../model/resource.js";
import type { RouteTable } from "../routing/route-table.js";
import type { Translation } from "../translate/translation.js";

/** What is looked at: a config, and what Envoys would be served of it. */
export interface LintInput {
  readonly config: Config;
  readonly translation: Translation;
  readonly routes: RouteTable;
}
