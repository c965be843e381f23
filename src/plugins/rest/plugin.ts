import { readSchema } from "../../model/schema-files.js";
import type { Upstream } from "../../model/upstream.js";
import type { Route } from "../../model/virtual-service.js";
import { compileFunction, type Chunk } from "../../templates/compile-function.js";
import { readTemplates } from "../../templates/read-templates.js";
import type {
  FunctionPatch,
  RouteContext,
  RoutePatch,
  TranslationPlugin,
} from "../../translate/plugin.js";
import { chunkPatch, extensionsOf, luaFilter, responseOf } from "../chunk.js";
import { readParameters } from "../parameters.js";
import { constantHeadersPatch } from "./constant-headers.js";
import { checkFunctions, faultReporter, functionTemplates } from "./templates.js";

const serviceType = "REST";
const maxChunkBytes = 131_072;

/**
 * Functions of REST services: a request is made anew from templates, filled from the path, query,
 * headers, authority and body of the client's; and, on any route, the response likewise.
 */
export const restPlugin: TranslationPlugin = {
  name: "rest",
  serviceTypes: [{ type: serviceType, schema: readSchema("plugins/service-rest") }],
  functionSpecs: { [serviceType]: readSchema("plugins/function-rest") },
  routeExtensions: readSchema("plugins/route-parameters"),
  upstream({ value }, context) {
    checkFunctions(value, context);
    return undefined;
  },
  route: (_route, context) => routePatch(context),
  functionDestination: ({ upstream, functionName }, context) =>
    functionPatch(upstream.value, functionName, context),
  httpFilters: () => [luaFilter],
};

/** Reports on the extensions, and transforms the responses of what is no function of a REST service. */
function routePatch(context: RouteContext): RoutePatch | undefined {
  const { parameters, response_template, response_parameters } = extensionsOf(context);
  const base = `${context.pointer}/extensions`;
  if (parameters) readParameters(parameters, `${base}/parameters`, context);
  if (response_parameters) {
    readParameters(response_parameters, `${base}/response_parameters`, context);
  }
  if (parameters && !callsFunction(context.route)) {
    const params = { key: "parameters", without: "function for its destination" };
    context.report("rest/unused-parameters", params, `${base}/parameters`, "key");
  }
  if (response_parameters && !response_template) {
    const params = { key: "response_parameters", without: "response_template" };
    context.report("rest/unused-parameters", params, `${base}/response_parameters`, "key");
  }
  if (response_template === undefined) return undefined;
  const reporter = faultReporter(context, `${base}/response_template`);
  readTemplates("response", response_template, reporter);
  if (hasOwnResponse(context)) return undefined;
  return chunkPatch(compileFunction({ response: responseOf(context) }), true);
}

function callsFunction({ single_destination, multiple_destinations = [] }: Route): boolean {
  const destinations = [single_destination, ...multiple_destinations.map((own) => own.destination)];
  return destinations.some((own) => own?.function !== undefined);
}

/** Service types whose functions run chunks, with what becomes of the response in them. */
const typesWithChunks: ReadonlySet<string> = new Set([serviceType, "gRPC"]);

/** Whether the one destination of the route is a function whose own patch has the response in it. */
function hasOwnResponse({ route, upstreams }: RouteContext): boolean {
  return (
    route.single_destination?.function !== undefined &&
    typesWithChunks.has(upstreams[0]?.value.service_info?.type ?? "")
  );
}

function functionPatch(
  upstream: Upstream,
  functionName: string,
  context: RouteContext,
): FunctionPatch {
  const templates = functionTemplates(upstream, functionName);
  if (templates?.path !== undefined && context.route.prefix_rewrite !== undefined) {
    const at = `${context.pointer}/prefix_rewrite`;
    context.report("rest/path-set-twice", { name: functionName }, at);
  }
  const { parameters } = extensionsOf(context);
  const response = responseOf(context);
  if (response === undefined) {
    const patch = templates ? constantHeadersPatch(templates) : {};
    if (patch !== undefined) return patch;
  }
  const request = templates && {
    templates,
    parameters: parameters && readParameters(parameters, ""),
  };
  const chunk = compileFunction({ request, response });
  checkSize(chunk, functionName, context);
  const setsHost = templates?.headers.some(({ name }) => name === ":authority") === true;
  return {
    ...chunkPatch(chunk, response !== undefined),
    // Else the host name of the address would go before the function's.
    ...(setsHost && { action: { auto_host_rewrite: { value: false } } }),
  };
}

function checkSize({ src }: Chunk, name: string, context: RouteContext): void {
  const bytes = Buffer.byteLength(src);
  if (bytes <= maxChunkBytes) return;
  const params = { name, kibibytes: Math.ceil(bytes / 1024) };
  context.report("rest/function-too-large", params, context.pointer);
}
