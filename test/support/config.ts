import type { Attribute } from "../../src/model/attribute.js";
import type { JsonObject } from "../../src/lib/json.js";
import { compareText } from "../../src/lib/compare.js";
import type { Config, Kind, Located } from "../../src/model/resource.js";
import type { Role } from "../../src/model/role.js";
import type { Upstream } from "../../src/model/upstream.js";
import type { Route, VirtualService } from "../../src/model/virtual-service.js";

/** Objects of a config in canonical form, as `validate` would give them. */
export interface ConfigObjects {
  readonly upstreams?: readonly Upstream[];
  readonly virtualServices?: readonly VirtualService[];
  readonly roles?: readonly Role[];
  readonly attributes?: readonly Attribute[];
}

/** Every object is sound. */
export const nothingLeftOut: Config["leftOut"] = {
  Upstream: new Set(),
  VirtualService: new Set(),
  Role: new Set(),
  Attribute: new Set(),
};

/** A config made of objects. Every place is line 1 of a file named after the object. */
export function configOf(objects: ConfigObjects): Config {
  return {
    upstreams: locatedByName("Upstream", objects.upstreams ?? []),
    virtualServices: locatedByName("VirtualService", objects.virtualServices ?? []),
    roles: locatedByName("Role", objects.roles ?? []),
    attributes: locatedByName("Attribute", objects.attributes ?? []),
    files: new Map(),
    leftOut: nothingLeftOut,
  };
}

/** One object as `configOf` places it. */
export function locate<T extends { readonly name: string }>(kind: Kind, value: T): Located<T> {
  const file = `${kind.toLowerCase()}s/${value.name}.yaml`;
  const origin = { file, locate: () => ({ file, line: 1, column: 1 }) };
  return { ref: { kind, name: value.name }, value, origin };
}

function locatedByName<T extends { readonly name: string }>(
  kind: Kind,
  values: readonly T[],
): ReadonlyMap<string, Located<T>> {
  const inOrder = [...values].sort((a, b) => compareText(a.name, b.name));
  return new Map(inOrder.map((value) => [value.name, locate(kind, value)]));
}

/** An upstream of type `static`; hosts are `address:port`. */
export function staticUpstream(
  name: string,
  hosts: readonly string[] = ["10.0.0.1:80"],
  spec: JsonObject = {},
): Upstream {
  const parsed = hosts.map((host) => {
    const colon = host.lastIndexOf(":");
    return { addr: host.slice(0, colon), port: Number(host.slice(colon + 1)) };
  });
  return { name, type: "static", spec: { hosts: parsed, ...spec } };
}

/** A virtual service with what `validate` fills in. */
export function virtualService(name: string, fields: Partial<VirtualService> = {}): VirtualService {
  return {
    name,
    domains: [`${name}.example`],
    routes: [prefixRoute("/", "back")],
    roles: ["ingress"],
    disable_for_gateways: false,
    ...fields,
  };
}

/** A route from a prefix to an upstream. */
export function prefixRoute(prefix: string, upstream: string, fields: Partial<Route> = {}): Route {
  return {
    request_matcher: { path_prefix: prefix },
    single_destination: { upstream: { name: upstream } },
    ...fields,
  };
}
