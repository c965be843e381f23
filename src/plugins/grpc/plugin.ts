import { packAny } from "../../envoy/codec.js";
import type { JsonPointer } from "../../model/location.js";
import type { Located } from "../../model/resource.js";
import { readSchema } from "../../model/schema-files.js";
import type { Upstream } from "../../model/upstream.js";
import { compileFunction } from "../../templates/compile-function.js";
import type {
  ClusterPatch,
  FunctionPatch,
  RouteContext,
  RoutePatch,
  TranslationPlugin,
} from "../../translate/plugin.js";
import { destinationsOf } from "../../translate/routes.js";
import { chunkPatch, extensionsOf, luaFilter, responseOf } from "../chunk.js";
import { functionNameOf, methodsCalled, type Method } from "./methods.js";
import { callWith, checkParameters } from "./parameters.js";
import { checkServices, reportUnknown, servicesOf, type Services } from "./services.js";
import { methodTranscoder, serviceTranscoder, transcoderFilter } from "./transcoder.js";

const serviceType = "gRPC";
const protocolOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/**
 * Methods of gRPC services, called with JSON over HTTP: as functions, from any route; and by the
 * annotations in their .proto files, from routes to the upstream itself.
 */
export const grpcPlugin: TranslationPlugin = {
  name: "grpc",
  serviceTypes: [
    {
      type: serviceType,
      schema: readSchema("plugins/service-grpc"),
      hasUnlistedFunctions: true,
    },
  ],
  functionSpecs: { [serviceType]: readSchema("plugins/function-grpc") },
  upstream({ value }, context) {
    checkServices(value, context);
    return http2;
  },
  route: (_route, context) => upstreamPatch(context),
  functionDestination: ({ upstream, functionName }, context) =>
    functionPatch(upstream.value, functionName, context),
  // Parameters are taken before the request is looked at by the transcoder.
  httpFilters: () => [luaFilter, transcoderFilter],
};

const http2: ClusterPatch = {
  cluster: {
    typed_extension_protocol_options: {
      [protocolOptions]: packAny(protocolOptions, {
        explicit_http_config: { http2_protocol_options: {} },
      }),
    },
  },
};

/** A route to the upstream itself leads to all of its methods. */
function upstreamPatch(context: RouteContext): RoutePatch | undefined {
  const { route, upstreams } = context;
  const [upstream] = upstreams;
  if (route.single_destination?.upstream === undefined || !isGrpc(upstream)) return undefined;
  const services = servicesOf(upstream.value, context);
  return services && { perFilterConfig: serviceTranscoder(services) };
}

function isGrpc(upstream: Located<Upstream> | undefined): upstream is Located<Upstream> {
  return upstream?.value.service_info?.type === serviceType;
}

function functionPatch(
  upstream: Upstream,
  functionName: string,
  context: RouteContext,
): FunctionPatch | undefined {
  const services = servicesOf(upstream, context);
  if (services === undefined) return undefined;
  const method = methodOf({ upstream: upstream.name, name: functionName }, services, context);
  if (method === undefined) return undefined;
  if (context.route.prefix_rewrite !== undefined) {
    const at = `${context.pointer}/prefix_rewrite`;
    context.report("grpc/path-rewritten", { name: functionName }, at);
  }
  const { parameters } = extensionsOf(context);
  if (parameters && !checkParameters(parameters, method, services.fields, context)) {
    return undefined;
  }
  const request = parameters && callWith(parameters, method);
  const response = responseOf(context);
  const runsChunk = request !== undefined || response !== undefined;
  const chunk = runsChunk ? compileFunction({ request, response }) : undefined;
  const patch = chunk && chunkPatch(chunk, response !== undefined);
  return {
    ...patch,
    perFilterConfig: {
      ...patch?.perFilterConfig,
      ...methodTranscoder(services, method, request !== undefined),
    },
  };
}

/** The method that a function's name stands for; undefined if that is not one, which is reported. */
function methodOf(
  { upstream, name }: { readonly upstream: string; readonly name: string },
  { services }: Services,
  context: RouteContext,
): Method | undefined {
  const [first, ...others] = methodsCalled(name, services);
  const pointer = placeOfCall(upstream, name, context);
  if (first === undefined) {
    reportUnknown({ upstream, name, pointer }, services, context);
    return undefined;
  }
  if (others.length > 0) {
    const methods = [first, ...others].map(functionNameOf).join(" or ");
    context.report("grpc/ambiguous-method", { name, methods }, pointer);
    return undefined;
  }
  if (first.method.clientStreaming !== true) return first;
  context.report("grpc/client-streaming", { method: functionNameOf(first) }, pointer);
  return undefined;
}

/** Where a route names the function. */
function placeOfCall(
  upstream: string,
  name: string,
  { route, pointer }: RouteContext,
): JsonPointer {
  const found = destinationsOf(route, pointer).find(
    ({ destination: { function: call } }) =>
      call?.upstream_name === upstream && call.function_name === name,
  );
  return found === undefined ? pointer : `${found.pointer}/function/function_name`;
}
