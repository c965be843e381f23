import type { Attribute } from "./attribute.js";
import type { ConfigFiles } from "./config-file.js";
import type { Origin } from "./location.js";
import type { LocatedPolicies } from "./policies.js";
import type { Role } from "./role.js";
import type { Upstream } from "./upstream.js";
import type { VirtualService } from "./virtual-service.js";

/** The kinds of object that a config repository holds. */
export const kinds = ["Upstream", "VirtualService", "Role", "Attribute"] as const;
export type Kind = (typeof kinds)[number];

/** Names one object. Names are unique per kind across the tree. */
export interface ResourceRef {
  readonly kind: Kind;
  readonly name: string;
}

/** An object of the config, and where it stands. */
export interface Located<T> {
  readonly ref: ResourceRef;
  readonly value: T;
  /** Pointers given to `origin.locate` are those of `value`, the canonical form. */
  readonly origin: Origin;
}

/**
 * A whole config: every object that is sound in itself, by name, in the order of names. What one says
 * of another need not be true; then there is a diagnostic. An object that did not change between two
 * trees is the same object (`===`), and so is a map none of whose objects changed, so that what was
 * computed from them can be remembered by identity.
 */
export interface Config {
  readonly upstreams: ReadonlyMap<string, Located<Upstream>>;
  readonly virtualServices: ReadonlyMap<string, Located<VirtualService>>;
  readonly roles: ReadonlyMap<string, Located<Role>>;
  readonly attributes: ReadonlyMap<string, Located<Attribute>>;
  /** What `gloo.yaml` asks of the config. Undefined: nothing, or it has mistakes. */
  readonly policies?: LocatedPolicies;
  /** What objects may refer to by a file's name. */
  readonly files: ConfigFiles;
  /**
   * Names of objects that have mistakes, and are not in the maps above. Who refers to one of them is not
   * told that it does not exist.
   */
  readonly leftOut: Readonly<Record<Kind, ReadonlySet<string>>>;
}
