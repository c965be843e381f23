// For authors of plugins. The built-in plugins use nothing that is not here.
export {
  filterStages,
  type ClusterPatch,
  type ClusterReference,
  type EndpointSource,
  type EndpointWatch,
  type FunctionPatch,
  type HookContext,
  type PerFilterConfig,
  type RouteContext,
  type RoutePatch,
  type StagedFilter,
  type TranslationPlugin,
  type TypedConfig,
  type VirtualHostPatch,
} from "./translate/plugin.js";
export { createPluginSet, type PluginSet } from "./translate/plugin-set.js";

// The language that plugins read.
export type { JsonObject, JsonValue } from "./lib/json.js";
export { nearest } from "./lib/nearest.js";
export type { ConfigFile } from "./model/config-file.js";
export { pointerOf, type JsonPointer, type PlaceAt } from "./model/location.js";
export { parseDuration, type DurationText, type Span } from "./model/duration.js";
export type { Endpoint, EndpointHealth } from "./model/endpoints.js";
export type { Located, ResourceRef } from "./model/resource.js";
export type { ServiceInfo, Upstream, UpstreamFunction } from "./model/upstream.js";
export type {
  Destination,
  EventMatcher,
  RequestMatcher,
  Route,
  SslConfig,
  VirtualService,
  WeightedDestination,
} from "./model/virtual-service.js";
export type { Listener } from "./model/role.js";

// The Envoy API that plugins write.
export { packAny } from "./envoy/codec.js";
export * as envoy from "./envoy/generated/messages.js";
export type { MessageTypes } from "./envoy/generated/messages.js";
export { localityOf } from "./translate/endpoints.js";
export {
  functionCallFilters,
  functionCallPatch,
  type FunctionCall,
  type FunctionCredential,
} from "./translate/function-call.js";
export { checkDestinations, checkFunctionSpecs } from "./translate/function-checks.js";
export { luaScriptFilter, readLuaScripts } from "./translate/lua-script.js";
export { escapeRegex } from "./translate/matchers.js";
export { destinationsOf } from "./translate/routes.js";
export {
  authorityOf,
  namedEndpointPatch,
  readEndpoint,
  type NamedEndpoint,
} from "./translate/named-endpoint.js";
export {
  certificateName,
  sdsConfig,
  secretValueName,
  trustedCaName,
  upstreamCaName,
} from "./translate/sds.js";
export { eventAgainFilter, eventTypeFilter } from "./translate/structured-events.js";
export { tlsSocketName } from "./translate/tls.js";
export {
  readHttpFilterConfig,
  readTypedConfig,
  type ParsedTypedConfig,
} from "./translate/typed-config.js";

// What plugins report with.
export type { DiagnosticCode, Params } from "./diagnostics/catalog.js";
