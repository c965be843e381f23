import { typeUrls, type ResourceKind } from "../../src/envoy/type-urls.js";
import { contentHash } from "../../src/lib/content-hash.js";
import { resourceSetOf } from "../../src/snapshot/resource-set.js";
import type { ResourceSet, RoleSnapshot, Snapshot } from "../../src/snapshot/snapshot.js";

/** Contents by resource name, by kind: `{ cluster: { petstore: "v1" } }`. */
export type Contents = {
  readonly [K in ResourceKind]?: Readonly<Record<string, string>>;
};

/** A snapshot whose resources are plain text: for code to which they are bytes and no more. */
export function madeSnapshot(
  roles: Readonly<Record<string, Contents>>,
  commit = "0".repeat(40),
): Snapshot {
  const byRole = new Map(Object.entries(roles).map(([name, of]) => [name, madeRole(name, of)]));
  const versions = [...byRole.values()].flatMap(({ role, sets }) =>
    [...sets].map(([typeUrl, set]) => `${role} ${typeUrl} ${set.version}`),
  );
  return {
    id: contentHash(...versions),
    commit,
    roles: byRole,
    fallback: madeRole("fallback", { listener: { "listener-fallback": "500" } }),
  };
}

function madeRole(role: string, contents: Contents): RoleSnapshot {
  const sets = new Map<string, ResourceSet>();
  for (const [kind, byName] of Object.entries(contents) as [ResourceKind, object][]) {
    const resources = Object.entries(byName).map(([name, content]) => {
      const any = Buffer.from(String(content));
      const endpoints = kind === "cluster" ? { endpointsName: name } : {};
      return { name, version: contentHash(any), any, ...endpoints };
    });
    sets.set(typeUrls[kind], resourceSetOf(resources));
  }
  return { role, sets };
}

/** A snapshot as plain data, to compare with another by `deepEqual`. */
export function plainSnapshot(snapshot: Snapshot): unknown {
  const plainRole = ({ role, sets }: RoleSnapshot): unknown => ({
    role,
    sets: [...sets].map(([typeUrl, set]) => ({
      typeUrl,
      version: set.version,
      resources: [...set.resources].map(([key, { any, ...rest }]) => ({
        key,
        ...rest,
        any: Buffer.from(any).toString("latin1"),
      })),
    })),
  });
  return {
    id: snapshot.id,
    commit: snapshot.commit,
    roles: [...snapshot.roles].map(([name, role]) => [name, plainRole(role)]),
    fallback: plainRole(snapshot.fallback),
  };
}
