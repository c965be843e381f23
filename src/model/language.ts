import type { JsonObject } from "../lib/json.js";

/**
 * What plugins add to the config language. Each schema is a JSON Schema 2020-12 document with an
 * `$id`, a title and descriptions. Of the maps by place, a schema's `properties` are the keys that
 * its plugin owns there; no two plugins own the same key.
 */
export interface LanguageExtensions {
  /** By every accepted spelling of `Upstream.type`: the canonical spelling and the schema of `spec`. */
  readonly upstreamTypes: ReadonlyMap<string, OwnedType>;
  /** By `service_info.type`: the schema of `properties`. */
  readonly serviceTypes: ReadonlyMap<string, OwnedType>;
  /** Schemas of `spec` of functions, by upstream type or service type. */
  readonly functionSpecs: ReadonlyMap<string, JsonObject>;
  /** Object schemas whose properties are keys of `Route.extensions`. */
  readonly routeExtensions: readonly JsonObject[];
  /** Object schemas whose properties are keys of `VirtualService.extensions`. */
  readonly virtualServiceExtensions: readonly JsonObject[];
  /** Object schemas whose properties are keys of a listener's, role's or attribute's `config`. */
  readonly listenerConfig: readonly JsonObject[];
}

export interface OwnedType {
  readonly canonical: string;
  readonly schema: JsonObject;
  /** Of a service type: whether there are functions that the upstream does not list. Default: false. */
  readonly hasUnlistedFunctions?: boolean;
}
