import type { MethodDefinition } from "@grpc/grpc-js";
import { typeUrls } from "../envoy/type-urls.js";

/** A gRPC service that Envoys get resources from. */
export interface XdsService {
  readonly name: string;
  /** As status shows it: `ADS`, or a single service such as `CDS`. */
  readonly label: string;
  readonly sotwMethod: string;
  readonly deltaMethod: string;
  /** The type of a single service; on ADS each request names its own. */
  readonly typeUrl: string | undefined;
}

/**
 * In the order in which streams are served, so that the single services of one Envoy come in the order
 * of one change. Their `Fetch` methods, and all else, are answered with UNIMPLEMENTED.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#rpc-services-and-methods-for-each-variant
 */
export const xdsServices: readonly XdsService[] = [
  single("secret", "Secret", "SDS", typeUrls.secret),
  single("cluster", "Cluster", "CDS", typeUrls.cluster),
  single("endpoint", "Endpoint", "EDS", typeUrls.endpoints),
  single("listener", "Listener", "LDS", typeUrls.listener),
  single("route", "Route", "RDS", typeUrls.route),
  {
    name: "envoy.service.discovery.v3.AggregatedDiscoveryService",
    label: "ADS",
    sotwMethod: "StreamAggregatedResources",
    deltaMethod: "DeltaAggregatedResources",
    typeUrl: undefined,
  },
];

function single(folder: string, noun: string, label: string, typeUrl: string): XdsService {
  return {
    name: `envoy.service.${folder}.v3.${noun}DiscoveryService`,
    label,
    sotwMethod: `Stream${noun}s`,
    deltaMethod: `Delta${noun}s`,
    typeUrl,
  };
}

/** A method that leaves messages as they are on the wire: shared bytes are never serialised again. */
export function rawMethod(service: XdsService, method: string): MethodDefinition<Buffer, Buffer> {
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    path: `/${service.name}/${method}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}
