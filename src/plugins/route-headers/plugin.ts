import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "../../envoy/generated/messages.js";
import type { HeaderExtensions, HeaderValue } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import type { TranslationPlugin } from "../../translate/plugin.js";

/** Headers that a route adds and removes: `add_request_headers` and its three neighbours. */
export const routeHeadersPlugin: TranslationPlugin = {
  name: "route-headers",
  routeExtensions: readSchema("plugins/route-headers"),
  route({ extensions }) {
    if (extensions === undefined) return undefined;
    const {
      add_request_headers: requestAdd = [],
      remove_request_headers: requestRemove = [],
      add_response_headers: responseAdd = [],
      remove_response_headers: responseRemove = [],
    }: HeaderExtensions = extensions;
    return {
      route: {
        ...(requestAdd.length > 0 && { request_headers_to_add: requestAdd.map(headerOption) }),
        ...(requestRemove.length > 0 && { request_headers_to_remove: requestRemove }),
        ...(responseAdd.length > 0 && { response_headers_to_add: responseAdd.map(headerOption) }),
        ...(responseRemove.length > 0 && { response_headers_to_remove: responseRemove }),
      },
    };
  },
};

function headerOption({ key, value = "", append = false }: HeaderValue): HeaderValueOption {
  return {
    header: { key, value },
    append_action: append
      ? AppendAction.APPEND_IF_EXISTS_OR_ADD
      : AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
    // Else Envoy would take an empty value for "no header".
    ...(value === "" && { keep_empty_value: true }),
  };
}
