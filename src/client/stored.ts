import type { SourceLocation } from "../model/location.js";
import type { Kind, ResourceRef } from "../model/resource.js";

/** An object of the config as it stands on the branch. */
export interface Stored<T> extends ResourceRef {
  /** In canonical form, whatever the form in its file. */
  readonly value: T;
  /** The blob id of its file: equal as long as nobody changes that. */
  readonly resourceVersion: string;
  /** The commit in which it was read. */
  readonly commit: string;
  /** Where it begins. */
  readonly location: SourceLocation;
  /** Whether the product accepts it; otherwise `value` may not have the form that its type says. */
  readonly isSound: boolean;
}

/** A file below a folder named `files`, or `secrets`. */
export interface StoredFile {
  /** What objects call it: its path below that folder. */
  readonly name: string;
  /** From the root of the repository. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly resourceVersion: string;
  readonly commit: string;
}

/** A secret that the config refers to. What it holds is never here. */
export interface SecretReference {
  readonly name: string;
  readonly usedBy: readonly SecretUseSite[];
  readonly commit: string;
  /** The same as long as nobody uses it otherwise. */
  readonly resourceVersion: string;
}

/** One place that names a secret. */
export interface SecretUseSite extends ResourceRef {
  /** In the object's canonical form. */
  readonly pointer: string;
  /** What for, such as `tls` or `aws`. */
  readonly use: string;
}

/** What changed between two commits of the branch. */
export type Change<T> =
  | { readonly type: "added" | "updated"; readonly name: string; readonly object: T }
  | { readonly type: "deleted"; readonly name: string; readonly commit: string };

/** The folder that files of a kind lie in by default. */
export const folderOf: Readonly<Record<Kind, string>> = {
  Upstream: "upstreams",
  VirtualService: "virtualservices",
  Role: "roles",
  Attribute: "attributes",
};

/** An object as messages name it. */
export function labelOf({ kind, name }: ResourceRef): string {
  return `${kind} "${name}"`;
}
