import { typeUrls, type ResourceKind } from "../../src/envoy/type-urls.js";
import { encodeAny } from "../../src/envoy/codec.js";
import type { MessageTypes } from "../../src/envoy/generated/messages.js";
import type {
  EncodedResource,
  RoleResources,
} from "../../src/envoy-binary/validation-bootstrap.js";

type MessageOf = {
  readonly secret: MessageTypes["envoy.extensions.transport_sockets.tls.v3.Secret"];
  readonly cluster: MessageTypes["envoy.config.cluster.v3.Cluster"];
  readonly endpoints: MessageTypes["envoy.config.endpoint.v3.ClusterLoadAssignment"];
  readonly listener: MessageTypes["envoy.config.listener.v3.Listener"];
  readonly route: MessageTypes["envoy.config.route.v3.RouteConfiguration"];
};

/** The resources of one role from plain messages, by kind and name. */
export function roleResources(
  role: string,
  messages: { readonly [K in ResourceKind]?: Readonly<Record<string, MessageOf[K]>> },
): RoleResources {
  const sets = new Map<string, { resources: Map<string, EncodedResource> }>();
  for (const [kind, byName] of Object.entries(messages) as [ResourceKind, object][]) {
    const type = typeUrls[kind].slice(typeUrls[kind].indexOf("/") + 1) as keyof MessageTypes;
    const resources = new Map<string, EncodedResource>();
    for (const [name, message] of Object.entries(byName)) {
      resources.set(name, { any: encodeAny(type, message as never) });
    }
    sets.set(typeUrls[kind], { resources });
  }
  return { role, sets };
}
