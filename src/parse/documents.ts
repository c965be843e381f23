import type { JsonObject } from "../lib/json.js";
import type { ConfigFiles } from "../model/config-file.js";
import type { Origin } from "../model/location.js";
import type { Kind } from "../model/resource.js";
import type { SealedFile } from "./sealed-file.js";

/** One object as it stands in a file, before any check. Unchanged files give the same objects. */
export interface RawObject {
  readonly kind: Kind;
  /** As written: keys in any accepted spelling, the Kubernetes form with its wrapping. */
  readonly value: JsonObject;
  /** Whether `value` has the Kubernetes form: `apiVersion`, `kind`, `metadata.name`, `spec`. */
  readonly wrapped: boolean;
  /** Pointers given to it are those of `value`. */
  readonly origin: Origin;
}

/** The settings in `gloo.yaml`, as written. */
export interface RawSettings {
  readonly value: JsonObject;
  readonly origin: Origin;
}

/** All objects of a tree. */
export interface Documents {
  /** In the order of paths, and of places in a file. */
  readonly objects: readonly RawObject[];
  /**
   * Names that files which could not be read seem to declare. Who refers to one of them is not told
   * that it does not exist: the mistake is reported where it is.
   */
  readonly unreadableNames: ReadonlySet<string>;
  /** What lies in folders named `files`. */
  readonly files: ConfigFiles;
  /** The encrypted files of folders named `secrets`, in the order of paths. */
  readonly sealed: readonly SealedFile[];
  /** Undefined without a readable `gloo.yaml`. */
  readonly settings?: RawSettings;
}
