import { packAny } from "../../envoy/codec.js";
import { jsonScripts } from "../../templates/runtime.js";
import { readLuaScripts } from "../../translate/lua-script.js";
import type { StagedFilter, TranslationPlugin } from "../../translate/plugin.js";
import { eventAgainFilter, eventTypeFilter } from "../../translate/structured-events.js";

/** Reads the type of an event, and has the request sent through Envoy again. */
export const eventTypeScript = readLuaScripts(
  ...jsonScripts,
  new URL("event-type.lua", import.meta.url),
);

/**
 * The filters that read the types of CloudEvents in structured mode. They are in every chain and off, and
 * only the routes of such events switch them on. They come first: no other filter sees the first pass.
 */
const filters: readonly StagedFilter[] = [
  {
    // Before the script: it has to know the request that the script answers.
    stage: "event",
    filter: {
      name: eventAgainFilter,
      disabled: true,
      typed_config: packAny("envoy.extensions.filters.http.filter_chain.v3.FilterChainConfig", {}),
    },
  },
  {
    stage: "event",
    filter: {
      name: eventTypeFilter,
      disabled: true,
      typed_config: packAny("envoy.extensions.filters.http.lua.v3.Lua", {
        default_source_code: { inline_string: eventTypeScript },
        // In the second pass the route is chosen, by headers that the script takes away.
        clear_route_cache: { value: false },
        stat_prefix: "gloo_event",
        shared_vm_id: eventTypeFilter,
      }),
    },
  },
];

/** CloudEvents in structured mode, which the routes of `event_matcher` take beside those in binary mode. */
export const cloudEventsPlugin: TranslationPlugin = {
  name: "cloud-events",
  httpFilters: () => filters,
};
