import type { Policies } from "./generated/language.js";
import type { JsonPointer, SourceLocation } from "./location.js";

// The definitions are schemas/gloo-yaml.schema.json; these are their types in canonical form.
export type { Policies, PolicyNames } from "./generated/language.js";

/** The policies of a repository. The same object (`===`) as long as `gloo.yaml` does not change. */
export interface LocatedPolicies {
  readonly value: Policies;
  /** The place of what `pointer` means, from the whole of `gloo.yaml`. */
  locate(pointer: JsonPointer): SourceLocation;
}
