import type { JsonObject } from "../lib/json.js";
import type { Metadata } from "./metadata.js";
import type { SslConfig } from "./virtual-service.js";

/**
 * A group of Envoys that are served the same config. Without `listeners` (the form of 0.2.x) it has
 * the two listeners of that form; `virtual_services` of that form was an output and is ignored.
 */
export interface Role {
  readonly name: string;
  readonly listeners?: readonly Listener[];
  /** Of all listeners of the role: keys as in a listener's `config`. */
  readonly config?: JsonObject;
  readonly metadata?: Metadata;
}

/** An address where the Envoys of a role listen. */
export interface Listener {
  readonly name: string;
  readonly bind_address: string;
  readonly bind_port: number;
  /** Names. Empty: all of the role's virtual services that fit (with or without TLS). */
  readonly virtual_services?: readonly string[];
  /** Each key is owned by one plugin; `http_filters` lists Envoy filters for the chain. */
  readonly config?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ssl_config?: SslConfig;
}
