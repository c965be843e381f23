import type { JsonObject } from "../lib/json.js";
import type { Metadata } from "./metadata.js";

/** Settings for every listener whose labels satisfy a selector. */
export interface Attribute {
  readonly name: string;
  readonly listener_attribute: {
    /** Equality on labels, all must hold. Empty: selects nothing. */
    readonly selector: Readonly<Record<string, string>>;
    /** For selected listeners that name none themselves. */
    readonly virtual_services?: readonly string[];
    /** Merged into the listener's own `config`, which wins key by key. */
    readonly config?: JsonObject;
  };
  readonly metadata?: Metadata;
}
