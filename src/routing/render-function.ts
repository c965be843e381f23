import type { TemplateExtensions } from "../model/generated/plugins.js";
import type { Config } from "../model/resource.js";
import { readParameters } from "../plugins/parameters.js";
import { functionTemplates } from "../plugins/rest/templates.js";
import type { MessageFunction } from "../templates/compile-function.js";
import { renderRequest, RenderFailure } from "../templates/render-request.js";
import type { OutgoingRequest, RenderedRequest, RenderFunction } from "./calls.js";
import type { CompiledRoute, RouteDestination } from "./route-table.js";

/**
 * Fills in the templates of REST functions, as the script that runs in Envoy does. What other functions
 * are sent is for filters that only Envoy has.
 */
export function createFunctionRenderer(config: Config): RenderFunction {
  return (route, destination, request) => {
    if (destination.function === undefined) return { request, unknown: [] };
    const type = config.upstreams.get(destination.upstream)?.value.service_info?.type;
    if (type !== "REST") return { request, unknown: ["path", "host", "body"] };
    const templates = templatesOf(config, route, destination);
    return templates === undefined ? { request, unknown: [] } : rendered(templates, request);
  };
}

function templatesOf(
  config: Config,
  { virtualService, index }: CompiledRoute,
  { upstream, function: name = "" }: RouteDestination,
): MessageFunction | undefined {
  const located = config.upstreams.get(upstream);
  const templates = located && functionTemplates(located.value, name);
  const route = config.virtualServices.get(virtualService)?.value.routes[index];
  // Its plugin's schema has accepted it.
  const { parameters }: TemplateExtensions = route?.extensions ?? {};
  return templates && { templates, parameters: parameters && readParameters(parameters, "") };
}

function rendered(templates: MessageFunction, request: OutgoingRequest): RenderedRequest {
  try {
    const made = renderRequest(templates, { ...request, body: request.body ?? "" });
    const isBodiless = made.body === "" && request.body === undefined;
    const { scheme } = request;
    return {
      request: { ...made, scheme, body: isBodiless ? undefined : made.body },
      unknown: [],
    };
  } catch (cause) {
    if (!(cause instanceof RenderFailure)) throw cause;
    const { status, message: reason } = cause;
    return { request, unknown: [], refusal: { status, reason } };
  }
}
