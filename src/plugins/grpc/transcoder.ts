import { packAny } from "../../envoy/codec.js";
import {
  encodeDescriptorSet,
  type HttpRule,
  type MethodDescriptor,
} from "../../protos/descriptor-messages.js";
import { bindingsOf } from "../../protos/http-rule.js";
import { selectTypes, type WantedService } from "../../protos/select-types.js";
import type { PerFilterConfig, StagedFilter, TypedConfig } from "../../translate/plugin.js";
import type { Method } from "./methods.js";
import type { Services } from "./services.js";

const filterName = "gloo.grpc-json";

/**
 * The filter that routes put their transcoder into. It is in every chain and off, and a route's own config
 * switches it on: so methods, and the types of their messages, change routes only.
 */
export const transcoderFilter: StagedFilter = {
  stage: "transform",
  filter: {
    name: filterName,
    disabled: true,
    typed_config: packAny("envoy.extensions.filters.http.filter_chain.v3.FilterChainConfig", {}),
  },
};

/** Any request at all: what a function's route lets in calls the function. */
const anyRequest: HttpRule = { custom: { kind: "*", path: "/**" }, body: "*" };

/**
 * Makes every request of a route call one method: by the annotations of its own that the request fits, else
 * with all of the body and the query as fields. `isExplicit`: annotations do not count.
 */
export function methodTranscoder(
  services: Services,
  { service, method }: Method,
  isExplicit: boolean,
): Record<string, PerFilterConfig> {
  const key = `${service.fullName}/${method.name}/${isExplicit ? "explicit" : "annotated"}`;
  return transcoder(services, key, false, () => [
    { service, methods: [callableBy(method, isExplicit)] },
  ]);
}

/** Makes requests call the methods whose annotations they fit, or `POST /package.Service/Method`. */
export function serviceTranscoder(services: Services): Record<string, PerFilterConfig> {
  const key = services.services.map(({ fullName }) => fullName).join();
  return transcoder(services, key, true, () =>
    services.services.map((service) => ({ service, methods: service.methods })),
  );
}

function callableBy(method: MethodDescriptor, isExplicit: boolean): MethodDescriptor {
  const own = isExplicit ? undefined : method.options?.http;
  if (own === undefined) return { ...method, options: { http: anyRequest } };
  const isOpen = bindingsOf(own).some(
    ({ custom }) => custom?.kind === "*" && custom.path === "/**",
  );
  if (isOpen) return method;
  const additionalBindings = [...(own.additionalBindings ?? []), anyRequest];
  return { ...method, options: { http: { ...own, additionalBindings } } };
}

/** By the services' own set: routes to one method share one config. */
const remembered = new WeakMap<object, Map<string, TypedConfig>>();

function transcoder(
  { set, file }: Services,
  key: string,
  autoMapping: boolean,
  wanted: () => readonly WantedService[],
): Record<string, PerFilterConfig> {
  const known = remembered.get(set) ?? new Map<string, TypedConfig>();
  remembered.set(set, known);
  let config = known.get(key);
  if (config === undefined) {
    config = packTranscoder(file, set, wanted(), autoMapping);
    known.set(key, config);
  }
  return { [filterName]: config };
}

function packTranscoder(
  file: string,
  set: Services["set"],
  wanted: readonly WantedService[],
  autoMapping: boolean,
): TypedConfig {
  const typed_config = packAny(
    "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
    {
      proto_descriptor_bin: encodeDescriptorSet(selectTypes(file, set, wanted)),
      services: wanted.map(({ service }) => service.fullName),
      ...(autoMapping && { auto_mapping: true }),
      // The route is chosen: the path by which a method is called must not choose another one.
      match_incoming_request_route: true,
      convert_grpc_status: true,
      // As fields of the body that the message does not have.
      ignore_unknown_query_parameters: true,
      request_validation_options: {
        reject_unknown_method: true,
        // Else the body would go before the path, and before a parameter that a header gave.
        reject_binding_body_field_collisions: true,
      },
    },
  );
  return packAny("envoy.extensions.filters.http.filter_chain.v3.FilterChainConfigPerRoute", {
    filter_chain: { filters: [{ name: "envoy.filters.http.grpc_json_transcoder", typed_config }] },
  });
}
