import type { JsonValue } from "../lib/json.js";
import type { JsonPointer, SourceLocation } from "../model/location.js";
import type { ResourceRef } from "../model/resource.js";

/**
 * What differs between two builds, in three ways of looking at it: what people wrote, what becomes of
 * requests, and what Envoys are sent. Plain JSON, in a fixed order, without secrets.
 */
export interface Changes {
  /** Objects of the config, by kind and name. */
  readonly objects: readonly ObjectChange[];
  /** Routes, by role, virtual service and place. */
  readonly routes: readonly RouteChange[];
  /** Envoy resources, by role, type and name. */
  readonly resources: readonly ResourceChange[];
}

/** `moved` is for routes alone: it is tried earlier or later than others that were there before. */
export type ChangeKind = "added" | "removed" | "changed" | "moved";

/** One value within something that changed. Undefined: it is not there. */
export interface ValueChange {
  readonly pointer: JsonPointer;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** An object of the config. */
export interface ObjectChange {
  readonly change: Exclude<ChangeKind, "moved">;
  readonly ref: ResourceRef;
  /** Where it stands, or, if it is removed, stood. */
  readonly location: SourceLocation;
  /** With `changed`: what in it. */
  readonly values: readonly ValueChange[];
}

/** A route, or a virtual service as a whole. */
export interface RouteChange {
  readonly change: ChangeKind;
  readonly role: string;
  readonly virtualService: string;
  /** The hosts that it answers for; those of now, unless it is removed. */
  readonly domains: readonly string[];
  /** Which requests, such as `GET /pets/*`; undefined: all of the virtual service. */
  readonly match: string | undefined;
  /** What becomes of them, such as `pets` or `pets:list`; of `removed`, what became of them. */
  readonly outcome: string | undefined;
  /** Its place among the routes of its virtual service, from 0. */
  readonly index: number | undefined;
  readonly location: SourceLocation | undefined;
  /** With `changed` and `moved`: what about it. */
  readonly fields: readonly FieldChange[];
}

/** One property of a route. Undefined: there is none. */
export interface FieldChange {
  /** Such as `destination`, `timeout`, `match`. */
  readonly field: string;
  readonly before?: string;
  readonly after?: string;
}

/** A resource of the xDS API. */
export interface ResourceChange {
  readonly change: Exclude<ChangeKind, "moved">;
  readonly role: string;
  /** Such as `cluster`. */
  readonly type: string;
  readonly name: string;
  /** With `changed`: what in its ProtoJSON. Secret values are `[redacted]`. */
  readonly values: readonly ValueChange[];
}

/** Whether nothing differs. */
export function isSame({ objects, routes, resources }: Changes): boolean {
  return objects.length + routes.length + resources.length === 0;
}
