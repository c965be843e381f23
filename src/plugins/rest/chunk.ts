import { packAny } from "../../envoy/codec.js";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "../../envoy/generated/messages.js";
import type { Chunk } from "../../templates/compile-function.js";
import type { MessageTemplates } from "../../templates/read-templates.js";
import {
  filterName,
  originHeader,
  requestScript,
  responseScript,
  responseScriptName,
} from "../../templates/runtime.js";
import type { FunctionPatch, StagedFilter } from "../../translate/plugin.js";

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

/** Half of what Envoy takes as the value of a header to add, for each % is written twice. */
const maxConstantBytes = 8_192;

/**
 * What a function comes to that only sets headers that are always the same: Envoy does that without
 * running anything. Undefined if there is more to it.
 */
export function constantHeadersPatch({
  path,
  headers,
  body,
}: MessageTemplates): FunctionPatch | undefined {
  if (path !== undefined || body !== undefined) return undefined;
  const options: HeaderValueOption[] = [];
  for (const { name, template } of headers) {
    const [only, more] = template.nodes;
    if (name.startsWith(":") || more !== undefined || (only && only.kind !== "text")) {
      return undefined;
    }
    const value = only?.text ?? "";
    if (Buffer.byteLength(value) > maxConstantBytes) return undefined;
    options.push({
      // A % would begin one of Envoy's own commands.
      header: { key: name, value: value.replaceAll("%", "%%") },
      append_action: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      ...(value === "" && { keep_empty_value: true }),
    });
  }
  return options.length === 0 ? {} : { route: { request_headers_to_add: options } };
}
