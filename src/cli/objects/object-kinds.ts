import type { Client } from "../../client/create-client.js";
import type { Collection } from "../../client/collection.js";
import type { JsonObject } from "../../lib/json.js";
import type { Attribute } from "../../model/attribute.js";
import type { Kind, ResourceRef } from "../../model/resource.js";
import type { Role } from "../../model/role.js";
import type { Upstream } from "../../model/upstream.js";
import type { VirtualService } from "../../model/virtual-service.js";
import { describeDestination, describeMatcher } from "./route/describe-route.js";

/** What commands know of a kind of objects. */
export interface ObjectKind {
  readonly kind: Kind;
  /** The command, and what messages call the objects. */
  readonly command: string;
  /** In a sentence: `an upstream`. */
  readonly noun: string;
  readonly plural: string;
  readonly headings: readonly string[];
  /** The lines of a table that one object takes. */
  rows(value: JsonObject): readonly (readonly string[])[];
  collection(client: Client): Collection<JsonObject>;
}

// A sound object of a kind has the type of that kind; whatever is not sound is shown as far as it goes.

const upstream: ObjectKind = {
  kind: "Upstream",
  command: "upstream",
  noun: "an upstream",
  plural: "upstreams",
  headings: ["Name", "Type", "Function"],
  rows(value) {
    const { name, type, functions = [] } = value as unknown as Upstream;
    return rowsOf(
      [name],
      [type],
      listOf(functions).map((fn) => fn.name),
    );
  },
  collection: ({ upstreams }) => upstreams as unknown as Collection<JsonObject>,
};

const virtualService: ObjectKind = {
  kind: "VirtualService",
  command: "virtualservice",
  noun: "a virtual service",
  plural: "virtual services",
  headings: ["Name", "Domain", "SSL", "Route", "Destination"],
  rows(value) {
    const { name, domains, routes, ssl_config: ssl } = value as unknown as VirtualService;
    const secret = ssl?.secret_ref ?? (ssl?.ssl_files === undefined ? "" : "files");
    const all = listOf(routes);
    return rowsOf(
      [name],
      listOf(domains),
      [secret],
      all.map(describeMatcher),
      all.map(describeDestination),
    );
  },
  collection: ({ virtualServices }) => virtualServices as unknown as Collection<JsonObject>,
};

const role: ObjectKind = {
  kind: "Role",
  command: "role",
  noun: "a role",
  plural: "roles",
  headings: ["Name", "Listener", "Address", "Virtual services"],
  rows(value) {
    const { name, listeners = [] } = value as unknown as Role;
    const all = listOf(listeners);
    return rowsOf(
      [name],
      all.map((listener) => listener.name),
      all.map((listener) => `${listener.bind_address}:${listener.bind_port}`),
      all.map((listener) => listOf(listener.virtual_services).join(", ")),
    );
  },
  collection: ({ roles }) => roles as unknown as Collection<JsonObject>,
};

const attribute: ObjectKind = {
  kind: "Attribute",
  command: "attribute",
  noun: "an attribute",
  plural: "attributes",
  headings: ["Name", "Selector", "Virtual services"],
  rows(value) {
    const { name, listener_attribute: of } = value as unknown as Partial<Attribute>;
    const selector = Object.entries(of?.selector ?? {}).map(([key, label]) => `${key}=${label}`);
    return rowsOf([name ?? ""], [selector.join(",")], listOf(of?.virtual_services));
  },
  collection: ({ attributes }) => attributes as unknown as Collection<JsonObject>,
};

/** By kind. */
export const objectKinds: Readonly<Record<Kind, ObjectKind>> = {
  Upstream: upstream,
  VirtualService: virtualService,
  Role: role,
  Attribute: attribute,
};

/** What commands call an object: `upstream/pets`. */
export function nameOfRef({ kind, name }: ResourceRef): string {
  return `${objectKinds[kind].command}/${name}`;
}

/** Columns side by side, as many lines as the longest has. */
function rowsOf(...columns: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const height = Math.max(...columns.map((column) => column.length));
  return Array.from({ length: height }, (_, i) => columns.map((column) => String(column[i] ?? "")));
}

function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}
