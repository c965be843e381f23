/** Where config of an HTTP filter stands: in the chain of a listener, or on a route or virtual service. */
export type FilterPlace = "chain" | "route";

/**
 * Why a message of the Envoy API does not configure an HTTP filter at a place, as the end of a sentence
 * that begins with "it is not"; undefined if it does. Envoy would refuse the listener or the routes.
 */
export function wrongMessage(type: string, place: FilterPlace): string | undefined {
  if (!type.startsWith(prefix)) return "config of an HTTP filter";
  const name = type.slice(prefix.length);
  if (sameMessage.has(name)) return undefined;
  const other = place === "chain" ? chainMessages.get(name) : routeMessages.get(name);
  if (other !== undefined) {
    const where = place === "chain" ? "in the chain" : "on a route";
    return `how its filter is configured ${where}: that is "${prefix}${other}"`;
  }
  if (chainOnly.has(name)) {
    return place === "chain" ? undefined : "config for a route: its filter has none";
  }
  const isKnown = place === "chain" ? routeMessages.has(name) : chainMessages.has(name);
  return isKnown ? undefined : "config of an HTTP filter";
}

const prefix = "envoy.extensions.filters.http.";

/** Filters of Envoy 1.40 that have one message for the chain, and another in its package for routes. */
const routeMessages: ReadonlyMap<string, string> = new Map(
  [
    ["ai_protocol_manager.v3.AiProtocolManager", "AiProtocolManagerPerRoute"],
    ["api_key_auth.v3.ApiKeyAuth", "ApiKeyAuthPerRoute"],
    ["aws_lambda.v3.Config", "PerRouteConfig"],
    ["aws_request_signing.v3.AwsRequestSigning", "AwsRequestSigningPerRoute"],
    ["basic_auth.v3.BasicAuth", "BasicAuthPerRoute"],
    ["buffer.v3.Buffer", "BufferPerRoute"],
    ["composite.v3.Composite", "CompositePerRoute"],
    ["compressor.v3.Compressor", "CompressorPerRoute"],
    ["cors.v3.Cors", "CorsPolicy"],
    ["dynamic_forward_proxy.v3.FilterConfig", "PerRouteConfig"],
    ["dynamic_modules.v3.DynamicModuleFilter", "DynamicModuleFilterPerRoute"],
    ["ext_authz.v3.ExtAuthz", "ExtAuthzPerRoute"],
    ["ext_proc.v3.ExternalProcessor", "ExtProcPerRoute"],
    ["filter_chain.v3.FilterChainConfig", "FilterChainConfigPerRoute"],
    ["grpc_http1_reverse_bridge.v3.FilterConfig", "FilterConfigPerRoute"],
    ["header_mutation.v3.HeaderMutation", "HeaderMutationPerRoute"],
    ["jwt_authn.v3.JwtAuthentication", "PerRouteConfig"],
    ["lua.v3.Lua", "LuaPerRoute"],
    ["mcp.v3.Mcp", "McpOverride"],
    ["mcp_json_rest_bridge.v3.McpJsonRestBridge", "McpJsonRestBridgePerRoute"],
    ["oauth2.v3.OAuth2", "OAuth2PerRoute"],
    ["on_demand.v3.OnDemand", "PerRouteConfig"],
    ["ratelimit.v3.RateLimit", "RateLimitPerRoute"],
    ["rbac.v3.RBAC", "RBACPerRoute"],
    ["stateful_session.v3.StatefulSession", "StatefulSessionPerRoute"],
  ].map(([chain = "", route = ""]) => [chain, chain.replace(/\w+$/, route)]),
);
const chainMessages: ReadonlyMap<string, string> = new Map(
  [...routeMessages].map(([chain, route]) => [route, chain]),
);

/** Filters with the same message for both. */
const sameMessage = words(`
  json_to_metadata.v3.JsonToMetadata adaptive_concurrency.v3.AdaptiveConcurrency
  admission_control.v3.AdmissionControl aws_eventstream_parser.v3.AwsEventstreamParser
  bandwidth_limit.v3.BandwidthLimit bandwidth_share.v3.BandwidthShare cdn_loop.v3.CdnLoopConfig
  credential_injector.v3.CredentialInjector csrf.v3.CsrfPolicy custom_response.v3.CustomResponse
  decompressor.v3.Decompressor fault.v3.HTTPFault file_server.v3.FileServerConfig
  file_system_buffer.v3.FileSystemBufferFilterConfig geoip.v3.Geoip
  grpc_field_extraction.v3.GrpcFieldExtractionConfig
  grpc_json_reverse_transcoder.v3.GrpcJsonReverseTranscoder
  grpc_json_transcoder.v3.GrpcJsonTranscoder header_to_metadata.v3.Config
  health_check.v3.HealthCheck local_ratelimit.v3.LocalRateLimit set_filter_state.v3.Config
  set_metadata.v3.Config sse_to_metadata.v3.SseToMetadata tap.v3.Tap transform.v3.TransformConfig
`);

/** Filters that routes cannot configure. */
const chainOnly = words(`
  a2a.v3.A2a alternate_protocols_cache.v3.FilterConfig body_size_limit.v3.BodySizeLimit
  cache.v3.CacheConfig cache_v2.v3.CacheV2Config connect_grpc_bridge.v3.FilterConfig
  gcp_authn.v3.GcpAuthnFilterConfig grpc_http1_bridge.v3.Config grpc_stats.v3.FilterConfig
  grpc_web.v3.GrpcWeb ip_tagging.v3.IPTagging mcp_router.v3.McpRouter original_src.v3.OriginalSrc
  proto_api_scrubber.v3.ProtoApiScrubberConfig
  proto_message_extraction.v3.ProtoMessageExtractionConfig
  rate_limit_quota.v3.RateLimitQuotaFilterConfig router.v3.Router
  thrift_to_metadata.v3.ThriftToMetadata wasm.v3.Wasm
`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
