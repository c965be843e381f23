import type { JsonObject } from "../lib/json.js";
import type { DurationText } from "./duration.js";
import type { Metadata } from "./metadata.js";

/** A back end that routes lead to, in canonical form (snake_case keys, aliases resolved). */
export interface Upstream {
  readonly name: string;
  /** Chooses the plugin that owns `spec`: `static`, … (aliases such as `service` are resolved). */
  readonly type: string;
  /** Default: 5 seconds. */
  readonly connection_timeout?: DurationText;
  /** Validated against the schema of the plugin that owns `type`. */
  readonly spec: JsonObject;
  readonly functions?: readonly UpstreamFunction[];
  readonly service_info?: ServiceInfo;
  readonly metadata?: Metadata;
}

/** A function of an upstream. Its name is unique in the upstream. */
export interface UpstreamFunction {
  readonly name: string;
  readonly spec?: JsonObject;
}

/** What an upstream speaks: `REST`, `gRPC` or `nats-streaming`. */
export interface ServiceInfo {
  readonly type: string;
  readonly properties?: JsonObject;
}
