import { typeUrls } from "../envoy/type-urls.js";
import { mapFields, readFields, wireField, wireNumber } from "./wire.js";

/** The resources of one role, as a snapshot holds them. */
export interface RoleResources {
  readonly role: string;
  readonly sets: ReadonlyMap<string, { readonly resources: ReadonlyMap<string, EncodedResource> }>;
}

/** One resource: a serialised `google.protobuf.Any`. */
export interface EncodedResource {
  readonly any: Uint8Array;
  readonly endpointsName?: string;
}

type Resources = ReadonlyMap<string, EncodedResource>;

const managementCluster = "gloo_validate_xds";
const httpConnectionManager =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const upstreamTlsContext =
  "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

/**
 * A whole Envoy bootstrap (`envoy.config.bootstrap.v3.Bootstrap`, encoded) that holds what a role is
 * served as static resources, so that `envoy --mode validate` judges all of it: routes stand inside
 * their listeners, endpoints inside their clusters. It is made from the encoded bytes: ten thousand
 * clusters need not be decoded for it.
 */
export function validationBootstrap(role: RoleResources): Uint8Array {
  const of = (kind: keyof typeof typeUrls): Resources =>
    role.sets.get(typeUrls[kind])?.resources ?? new Map<string, EncodedResource>();
  const clusters = [
    ...[...of("cluster")].map(([name, found]) => staticCluster(name, found, of("endpoints"))),
    ...[...of("secret").values()].flatMap(({ any }, index) => secretProbe(bodyOf(any), index)),
    wireField(bootstrap.clusterName, managementCluster),
  ];
  const listeners = [...of("listener").values()].map((found) => staticListener(found, of("route")));
  const id = Buffer.concat([
    wireField(bootstrap.nodeId, `${role.role}~validate`),
    wireField(bootstrap.nodeCluster, "gloo-validate"),
  ]);
  return Buffer.concat([
    wireField(bootstrap.node, id),
    wireField(
      bootstrap.staticResources,
      Buffer.concat([
        ...listeners.map((listener) => wireField(bootstrap.staticListeners, listener)),
        ...clusters.map((cluster) => wireField(bootstrap.staticClusters, cluster)),
      ]),
    ),
  ]);
}

// Field numbers of the Envoy API, v3.
const bootstrap = {
  node: 1,
  nodeId: 1,
  nodeCluster: 2,
  staticResources: 2,
  staticListeners: 1,
  staticClusters: 2,
  clusterName: 1,
} as const;
const any = { typeUrl: 1, value: 2 } as const;
const listenerField = { filterChains: 3, defaultFilterChain: 25 } as const;
const filterChain = { filters: 3 } as const;
const filter = { typedConfig: 4 } as const;
const manager = { rds: 3, rdsName: 2, routeConfig: 4 } as const;
const clusterField = {
  type: 2,
  edsClusterConfig: 3,
  transportSocket: 24,
  loadAssignment: 33,
} as const;
const transportSocket = { name: 1, typedConfig: 3 } as const;
const tlsContext = { common: 1, certificates: 2, validationContext: 3 } as const;
const secretField = { certificate: 2, validationContext: 4 } as const;
const configSource = {
  ads: 3,
  apiConfigSource: 2,
  resourceApiVersion: 6,
  initialFetchTimeout: 4,
} as const;
const apiConfigSource = { apiType: 1, grpcServices: 4, transportApiVersion: 8 } as const;
const grpcService = { envoyGrpc: 1, clusterName: 1 } as const;

function staticListener(listener: EncodedResource, routes: Resources): Uint8Array {
  const inlined = mapFields(bodyOf(listener.any), (number, content) => {
    const isChain =
      number === listenerField.filterChains || number === listenerField.defaultFilterChain;
    if (!isChain) return content;
    return mapFields(content, (inChain, found) =>
      inChain === filterChain.filters ? withInlineRoutes(found, routes) : found,
    );
  });
  return withoutAds(inlined);
}

function withInlineRoutes(networkFilter: Uint8Array, routes: Resources): Uint8Array {
  return mapFields(networkFilter, (number, typed) => {
    if (number !== filter.typedConfig || typeUrlOf(typed) !== httpConnectionManager) return typed;
    const rds = contentOf(bodyOf(typed), manager.rds);
    const name = rds && Buffer.from(contentOf(rds, manager.rdsName) ?? []).toString("utf8");
    const route = name === undefined ? undefined : routes.get(name);
    if (route === undefined) return typed;
    const rest = mapFields(bodyOf(typed), (inside, content) =>
      inside === manager.rds ? undefined : content,
    );
    const inlined = Buffer.concat([rest, wireField(manager.routeConfig, bodyOf(route.any))]);
    return anyOf(httpConnectionManager, inlined);
  });
}

/** An EDS cluster becomes a STATIC one with its endpoints inside. */
function staticCluster(name: string, cluster: EncodedResource, endpoints: Resources): Uint8Array {
  const body = bodyOf(cluster.any);
  if (contentOf(body, clusterField.edsClusterConfig) === undefined) return withoutAds(body);
  const assignment = endpoints.get(cluster.endpointsName ?? name);
  const rest = mapFields(body, (number, content) =>
    number === clusterField.edsClusterConfig ? undefined : content,
  );
  // Of a field that is there twice the last one counts: this sets the type to STATIC, which is 0.
  const parts = [withoutAds(rest), wireNumber(clusterField.type, 0)];
  if (assignment) parts.push(wireField(clusterField.loadAssignment, bodyOf(assignment.any)));
  return Buffer.concat(parts);
}

/**
 * A cluster that uses a certificate or a trust root, for Envoy reads neither until something does.
 * Not for those that name files: they are on the Envoy's own machine.
 */
function secretProbe(secret: Uint8Array, index: number): readonly Uint8Array[] {
  const certificate = contentOf(secret, secretField.certificate);
  const validation = contentOf(secret, secretField.validationContext);
  const held = certificate ?? validation;
  if (held === undefined || namesFile(held)) return [];
  const number = certificate ? tlsContext.certificates : tlsContext.validationContext;
  const context = wireField(tlsContext.common, wireField(number, held));
  const socket = Buffer.concat([
    wireField(transportSocket.name, "envoy.transport_sockets.tls"),
    wireField(transportSocket.typedConfig, anyOf(upstreamTlsContext, context)),
  ]);
  return [
    Buffer.concat([
      wireField(bootstrap.clusterName, `gloo_validate_secret_${index}`),
      wireField(clusterField.transportSocket, socket),
    ]),
  ];
}

/** Whether a field of a certificate or validation context is a `DataSource` with a file name. */
function namesFile(message: Uint8Array): boolean {
  const dataSourceFileName = 1;
  // certificate_chain and private_key of a TlsCertificate; trusted_ca and crl of a validation context
  return [1, 2, 7].some((number) => {
    const source = contentOf(message, number);
    return source !== undefined && contentOf(source, dataSourceFileName) !== undefined;
  });
}

/**
 * Replaces every `ConfigSource{ads}` by one that names a cluster: `envoy --mode validate` 1.40 has no
 * ADS client and crashes when a static cluster asks it for a secret.
 */
function withoutAds(message: Uint8Array): Uint8Array {
  if (!Buffer.from(message.buffer, message.byteOffset, message.length).includes(adsField)) {
    return message;
  }
  return mapFields(message, (_number, content) => {
    const source = content.length < 64 ? replacedSource(content) : undefined;
    return source ?? withoutAds(content);
  });
}

const adsField = Buffer.from(wireField(configSource.ads, ""));

function replacedSource(content: Uint8Array): Uint8Array | undefined {
  const fields = readFields(content);
  const known: readonly number[] = Object.values(configSource);
  const isSource =
    fields?.some(({ raw }) => adsField.equals(raw)) === true &&
    fields.some(({ number, raw }) => number === configSource.resourceApiVersion && raw[1] === 2) &&
    fields.every(({ number }) => known.includes(number));
  if (!isSource) return undefined;
  const rest = fields.filter(({ number }) => number !== configSource.ads);
  return Buffer.concat([...rest.map(({ raw }) => raw), managementSource]);
}

const managementSource = wireField(
  configSource.apiConfigSource,
  Buffer.concat([
    wireNumber(apiConfigSource.apiType, 2), // GRPC
    wireNumber(apiConfigSource.transportApiVersion, 2), // V3
    wireField(
      apiConfigSource.grpcServices,
      wireField(grpcService.envoyGrpc, wireField(grpcService.clusterName, managementCluster)),
    ),
  ]),
);

function contentOf(message: Uint8Array, number: number): Uint8Array | undefined {
  return readFields(message)?.find((field) => field.number === number)?.content;
}

function bodyOf(encodedAny: Uint8Array): Uint8Array {
  return contentOf(encodedAny, any.value) ?? new Uint8Array();
}

function typeUrlOf(encodedAny: Uint8Array): string {
  return Buffer.from(contentOf(encodedAny, any.typeUrl) ?? []).toString("utf8");
}

function anyOf(typeUrl: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([wireField(any.typeUrl, typeUrl), wireField(any.value, body)]);
}
