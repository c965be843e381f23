import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "../../envoy/generated/messages.js";
import type { MessageTemplates } from "../../templates/read-templates.js";
import type { FunctionPatch } from "../../translate/plugin.js";

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
