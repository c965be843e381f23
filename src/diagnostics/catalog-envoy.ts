import type { CatalogEntry } from "./catalog-entry.js";

/** The diagnostics of asking a real Envoy. */
export const envoyCatalog = {
  "envoy/refused": {
    severity: "error",
    message: (p: { role: string; reason: string }) =>
      `Envoy refuses what role "${p.role}" would be served: ${p.reason}`,
    hint: () => "if the config is right, please report this: it should have been found before",
    explain:
      "The config passed every check of the product, and a real Envoy (`envoy --mode validate`) does not take what was made of it. The reason is in Envoy's own words. The place is that of the one object without which Envoy would take the rest, if there is such an object.",
    example:
      'config:\n  http_filters:\n    - name: lua\n      typed_config:\n        "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua\n        default_source_code: { inline_string: "this is not Lua" }',
  },
} as const satisfies Record<string, CatalogEntry>;
