import { packAny } from "../envoy/codec.js";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "../envoy/generated/messages.js";
import type { TemplateExtensions } from "../model/generated/plugins.js";
import type { Chunk, MessageFunction } from "../templates/compile-function.js";
import { readTemplates } from "../templates/read-templates.js";
import {
  filterName,
  originHeader,
  requestScript,
  responseScript,
  responseScriptName,
} from "../templates/runtime.js";
import type { FunctionPatch, RouteContext, StagedFilter } from "../translate/plugin.js";
import { readParameters } from "./parameters.js";

/**
 * The filter that runs all functions. It is in every chain and off, and a route's own config switches
 * it on: so the first function of a listener changes routes only, and routes without any pay nothing.
 */
export const luaFilter: StagedFilter = {
  stage: "transform",
  filter: {
    name: filterName,
    disabled: true,
    typed_config: packAny("envoy.extensions.filters.http.lua.v3.Lua", {
      default_source_code: { inline_string: requestScript },
      source_codes: { [responseScriptName]: { inline_string: responseScript } },
      // The destination is chosen: a function's path must not choose another one.
      clear_route_cache: { value: false },
      stat_prefix: "gloo_rest",
      // Else each listener would keep its own state of both scripts, for every worker.
      shared_vm_id: filterName,
    }),
  },
};

/** Tells the runtime by a header, which it takes away, whether the back end or Envoy itself answers. */
const markOrigin: HeaderValueOption = {
  header: { key: originHeader, value: "%RESPONSE_CODE_DETAILS%" },
  append_action: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
};

/** What makes a route, or one of its destinations, run a chunk. */
export function chunkPatch({ id, src }: Chunk, hasResponse: boolean): FunctionPatch {
  const config = packAny("envoy.extensions.filters.http.lua.v3.LuaPerRoute", {
    ...(hasResponse && { name: responseScriptName }),
    filter_context: { fields: { id: { string_value: id }, src: { string_value: src } } },
  });
  return {
    perFilterConfig: { [filterName]: config },
    ...(hasResponse && { route: { response_headers_to_add: [markOrigin] } }),
  };
}

/** What becomes of the response of a route, if its extensions say so. */
export function responseOf(context: RouteContext): MessageFunction | undefined {
  const { response_template, response_parameters } = extensionsOf(context);
  if (response_template === undefined) return undefined;
  return {
    // What is wrong in it is reported for the route, once.
    templates: readTemplates("response", response_template, () => undefined),
    parameters: response_parameters && readParameters(response_parameters, ""),
  };
}

/** The extensions for templates, which their schema has accepted. */
export function extensionsOf({ route }: RouteContext): TemplateExtensions {
  return route.extensions ?? {};
}
