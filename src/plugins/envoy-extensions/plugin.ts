import type { JsonObject } from "../../lib/json.js";
import type { EnvoyExtensions } from "../../model/generated/plugins.js";
import { pointerOf, type JsonPointer } from "../../model/location.js";
import { readSchema } from "../../model/schema-files.js";
import type {
  ClusterReference,
  HookContext,
  PerFilterConfig,
  TranslationPlugin,
} from "../../translate/plugin.js";
import { readHttpFilterConfig } from "../../translate/typed-config.js";

const schema = readSchema("plugins/envoy-extensions");

/** Envoy's own per-filter config (`extensions.envoy`), on a route or on all of a virtual service. */
export const envoyExtensionsPlugin: TranslationPlugin = {
  name: "envoy-extensions",
  routeExtensions: schema,
  virtualServiceExtensions: schema,
  route({ extensions }, context) {
    return extensions && read(extensions, `${context.pointer}/extensions/envoy`, context);
  },
  virtualHost({ value: { extensions } }, context) {
    return extensions && read(extensions, "/extensions/envoy", context);
  },
};

function read(
  extensions: JsonObject,
  pointer: JsonPointer,
  context: HookContext,
):
  | {
      readonly perFilterConfig: Readonly<Record<string, PerFilterConfig>>;
      readonly clusters: readonly ClusterReference[];
    }
  | undefined {
  const { envoy }: EnvoyExtensions = extensions;
  if (envoy === undefined) return undefined;
  const configs: (readonly [string, PerFilterConfig])[] = [];
  const clusters: ClusterReference[] = [];
  for (const [name, json] of Object.entries(envoy)) {
    const at = pointerOf(pointer, name);
    const parsed = readHttpFilterConfig(json, "route", at, context);
    if (parsed === undefined) continue;
    configs.push([name, { ...parsed.config, pointer: at }]);
    clusters.push(...parsed.clusters);
  }
  return { perFilterConfig: Object.fromEntries(configs), clusters };
}
