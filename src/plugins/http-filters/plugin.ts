import type { HttpFilterConfig, HttpFiltersConfig } from "../../model/generated/plugins.js";
import { pointerOf, type JsonPointer } from "../../model/location.js";
import { readSchema } from "../../model/schema-files.js";
import type { HookContext, StagedFilter, TranslationPlugin } from "../../translate/plugin.js";
import { readHttpFilterConfig } from "../../translate/typed-config.js";

/** Envoy's HTTP filters for a listener: `http_filters` of its config, its role's, or an attribute's. */
export const httpFiltersPlugin: TranslationPlugin = {
  name: "http-filters",
  listenerConfig: readSchema("plugins/http-filters"),
  httpFilters({ config }, context) {
    const { http_filters = [] }: HttpFiltersConfig = config ?? {};
    return http_filters.flatMap((filter, index) => {
      return readFilter(filter, pointerOf("/config/http_filters", index), context) ?? [];
    });
  },
};

const routerName = "envoy.filters.http.router";
const routerType = "envoy.extensions.filters.http.router.v3.Router";

function readFilter(
  { name, typed_config, disabled = false, is_optional = false, stage = "custom" }: HttpFilterConfig,
  pointer: JsonPointer,
  context: HookContext,
): StagedFilter | undefined {
  const parsed = readHttpFilterConfig(typed_config, "chain", `${pointer}/typed_config`, context);
  if (parsed === undefined) return undefined;
  const { type, config, clusters } = parsed;
  const isRouter = type === routerType;
  if (name.startsWith("gloo.") || (name === routerName) !== isRouter) {
    context.report("filter/reserved-name", { name }, `${pointer}/name`);
    return undefined;
  }
  return {
    stage: isRouter ? "route" : stage,
    filter: {
      name,
      typed_config: config,
      ...(disabled && { disabled }),
      ...(is_optional && { is_optional }),
    },
    pointer: `${pointer}/name`,
    clusters,
  };
}
