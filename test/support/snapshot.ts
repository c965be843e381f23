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
  return snapshotOfRoles({ ingress: messages });
}

/** A snapshot that serves messages to roles, and others to all nodes that have none of these. */
export function snapshotOfRoles(
  messages: Readonly<Record<string, Messages>>,
  fallback: Messages = {},
): Snapshot {
  const roles = Object.entries(messages).map(([name, of]) => roleOf(name, of));
  const all = [...roles, roleOf("fallback", fallback)];
  const versions = all.flatMap(({ role, sets }) =>
    [...sets].map(([typeUrl, set]) => `${role} ${typeUrl} ${set.version}`),
  );
  return {
    id: contentHash(...versions),
    commit: "0".repeat(40),
    roles: new Map(roles.map((role) => [role.role, role])),
    fallback: roleOf("fallback", fallback),
  };
}

/** Editions by kind and name: `{ cluster: { a: 1 } }`. Another number is another content. */
export type Editions = { readonly [K in ResourceKind]?: Readonly<Record<string, number>> };

/** Small messages, clusters among them that get their endpoints by EDS. */
export function messagesOf(editions: Editions): Messages {
  const made = Object.entries(editions).map(([kind, byName]) => {
    const make: (name: string, edition: number) => object = messageMakers[kind as ResourceKind];
    const messages = Object.entries(byName).map(([name, edition]) => [name, make(name, edition)]);
    return [kind, Object.fromEntries(messages)];
  });
  return Object.fromEntries(made) as Messages;
}

/** Serves {@link messagesOf} to role `ingress`. */
export function snapshotOfEditions(editions: Editions): Snapshot {
  return snapshotOf(messagesOf(editions));
}

const messageMakers: {
  readonly [K in ResourceKind]: (name: string, edition: number) => MessageOf[K];
} = {
  secret: (name, edition) => ({
    name,
    generic_secret: { secret: { inline_string: String(edition) } },
  }),
  cluster: (name, edition) => ({ name, type: 3, connect_timeout: { seconds: edition } }),
  endpoints: (cluster_name, edition) => ({
    cluster_name,
    policy: { overprovisioning_factor: { value: 100 + edition } },
  }),
  listener: (name, edition) => ({ name, per_connection_buffer_limit_bytes: { value: edition } }),
  route: (name, edition) => ({ name, max_direct_response_body_size_bytes: { value: edition } }),
};

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
