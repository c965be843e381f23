import { encodeAny } from "../../src/envoy/codec.js";
import type { MessageTypes } from "../../src/envoy/generated/messages.js";
import { typeUrls, type ResourceKind } from "../../src/envoy/type-urls.js";
import { contentHash } from "../../src/lib/content-hash.js";
import { resourceSetOf } from "../../src/snapshot/resource-set.js";
import type {
  ResourceSet,
  RoleSnapshot,
  Snapshot,
  XdsResource,
} from "../../src/snapshot/snapshot.js";

interface MessageOf {
  readonly secret: MessageTypes["envoy.extensions.transport_sockets.tls.v3.Secret"];
  readonly cluster: MessageTypes["envoy.config.cluster.v3.Cluster"];
  readonly endpoints: MessageTypes["envoy.config.endpoint.v3.ClusterLoadAssignment"];
  readonly listener: MessageTypes["envoy.config.listener.v3.Listener"];
  readonly route: MessageTypes["envoy.config.route.v3.RouteConfiguration"];
}

/** Messages by kind and name. */
export type Messages = {
  readonly [K in ResourceKind]?: Readonly<Record<string, MessageOf[K]>>;
};

/** A snapshot that serves these messages to role `ingress`, and nothing to anyone else. */
export function snapshotOf(messages: Messages): Snapshot {
  const role = roleOf("ingress", messages);
  const versions = [...role.sets].map(([typeUrl, set]) => typeUrl + set.version);
  return {
    id: contentHash(...versions),
    commit: "0".repeat(40),
    roles: new Map([[role.role, role]]),
    fallback: { role: "fallback", sets: new Map() },
  };
}

function roleOf(role: string, messages: Messages): RoleSnapshot {
  const sets = new Map<string, ResourceSet>();
  for (const [kind, byName] of Object.entries(messages) as [ResourceKind, object][]) {
    const type = typeUrls[kind].slice(typeUrls[kind].indexOf("/") + 1) as keyof MessageTypes;
    const resources = Object.entries(byName).map(([name, message]): XdsResource => {
      const any = encodeAny(type, message as never);
      const isEds = kind === "cluster" && (message as MessageOf["cluster"]).type === 3;
      const version = contentHash(any);
      return { name, version, any, ...(isEds && { endpointsName: name }) };
    });
    sets.set(typeUrls[kind], resourceSetOf(resources));
  }
  return { role, sets };
}
