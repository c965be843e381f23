import { packAny } from "../../envoy/codec.js";
import type { CorsPolicy, StringMatcher } from "../../envoy/generated/messages.js";
import { parseDuration } from "../../model/duration.js";
import type { CorsExtensions } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import { escapeRegex } from "../../translate/matchers.js";
import type { TranslationPlugin } from "../../translate/plugin.js";

const filterName = "envoy.filters.http.cors";

/**
 * Cross-origin policy of a route (`extensions.cors`). The filter is in every chain: without a policy it
 * does nothing, and adding it with the first policy would change listeners and close connections.
 */
export const routeCorsPlugin: TranslationPlugin = {
  name: "route-cors",
  routeExtensions: readSchema("plugins/route-cors"),
  route({ extensions }, { pointer }) {
    const { cors }: CorsExtensions = extensions ?? {};
    if (cors === undefined) return undefined;
    const config = packAny("envoy.extensions.filters.http.cors.v3.CorsPolicy", policyOf(cors));
    const at = `${pointer}/extensions/cors`;
    return { perFilterConfig: { [filterName]: { ...config, pointer: at } } };
  },
  httpFilters: () => [
    {
      stage: "cors",
      filter: {
        name: filterName,
        typed_config: packAny("envoy.extensions.filters.http.cors.v3.Cors", {}),
      },
    },
  ],
};

function policyOf(cors: NonNullable<CorsExtensions["cors"]>): CorsPolicy {
  const { allow_origin = [], max_age, allow_credentials, ...texts } = cors;
  const maxAge = max_age === undefined ? undefined : parseDuration(max_age);
  return {
    allow_origin_string_match: allow_origin.map(originMatcher),
    ...texts,
    ...(maxAge && { max_age: String(maxAge.seconds) }),
    ...(allow_credentials !== undefined && { allow_credentials: { value: allow_credentials } }),
  };
}

/** `*` is every origin to Envoy too; elsewhere in an origin it stands for some of its host's name. */
function originMatcher(origin: string): StringMatcher {
  if (origin === "*" || !origin.includes("*")) return { exact: origin };
  return { safe_regex: { regex: origin.split("*").map(escapeRegex).join("[A-Za-z0-9.-]+") } };
}
