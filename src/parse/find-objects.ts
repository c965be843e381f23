import {
  describeJson as describe,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../lib/json.js";
import { nearest } from "../lib/nearest.js";
import { pointerOf, type JsonPointer, type PlaceAt } from "../model/location.js";
import { kinds, type Kind } from "../model/resource.js";
import type { DiagnosticCode, Params } from "../diagnostics/catalog.js";
import { isKindScope, type Scope } from "./folder-scope.js";

/** An object found in a document, at `pointer`. */
export interface FoundObject {
  readonly kind: Kind;
  readonly value: JsonObject;
  readonly wrapped: boolean;
  readonly pointer: JsonPointer;
}

/** What finding needs from its caller. */
export interface FindSink {
  found(object: FoundObject): void;
  report<C extends DiagnosticCode>(
    code: C,
    params: Params<C>,
    pointer: JsonPointer,
    at?: PlaceAt,
  ): void;
}

/** The keys of the combined form, in both spellings. */
const combinedKeys: ReadonlyMap<string, Kind> = new Map([
  ["upstreams", "Upstream"],
  ["virtual_services", "VirtualService"],
  ["virtualServices", "VirtualService"],
  ["roles", "Role"],
  ["attributes", "Attribute"],
]);

const combinedNames = [...combinedKeys.keys()].filter((key) => key !== "virtualServices");

/** Finds the objects of one document: one, a list, a `kind: List`, or the combined form. */
export function findObjects(document: JsonValue, scope: Scope, sink: FindSink): void {
  findAt(document, scope, "", sink);
}

function findAt(value: JsonValue, scope: Scope, pointer: JsonPointer, sink: FindSink): void {
  // An empty document, as after a closing `---`.
  if (value === null && pointer === "") return;
  if (Array.isArray(value)) {
    value.forEach((item: JsonValue, index) => {
      if (scope !== "open" || isJsonObject(item))
        findAt(item, scope, pointerOf(pointer, index), sink);
    });
    return;
  }
  if (!isJsonObject(value)) {
    if (isKindScope(scope))
      sink.report("object/not-a-mapping", { found: describe(value) }, pointer);
    return;
  }
  const { kind } = value;
  const items = value["items"];
  if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) {
    findAt(items as JsonValue, scope, pointerOf(pointer, "items"), sink);
  } else if (isCombined(value, scope)) findCombined(value, pointer, sink);
  else findOne(value, scope, pointer, sink);
}

function findOne(value: JsonObject, scope: Scope, pointer: JsonPointer, sink: FindSink): void {
  const { kind, apiVersion } = value;
  const isOurs = typeof apiVersion === "string" && apiVersion.startsWith("gloo.solo.io/");
  if (scope === "open" && !isOurs && (apiVersion !== undefined || !isKind(kind))) return;
  if (apiVersion !== undefined && apiVersion !== "gloo.solo.io/v1") {
    const params = { apiVersion: inQuotes(apiVersion) };
    sink.report("object/unknown-api-version", params, pointerOf(pointer, "apiVersion"));
    return;
  }
  const actual = kind ?? (isKindScope(scope) ? scope : undefined);
  if (!isKind(actual)) {
    const near = typeof actual === "string" ? nearest(actual, kinds) : undefined;
    const params = {
      kind: actual === undefined ? "(none given)" : inQuotes(actual),
      ...(near === undefined ? {} : { near }),
    };
    sink.report("object/unknown-kind", params, pointerOf(pointer, "kind"));
    return;
  }
  const wrapped =
    apiVersion !== undefined ||
    (kind !== undefined && value["name"] === undefined && hasName(value["metadata"]));
  sink.found({ kind: actual, value, wrapped, pointer });
}

function hasName(metadata: JsonValue | undefined): boolean {
  return isJsonObject(metadata) && metadata["name"] !== undefined;
}

/**
 * The combined form has lists of objects by kind and no name of its own. Where files need not be
 * config, it must hold nothing else, or a list that no other format has.
 */
function isCombined(value: JsonObject, scope: Scope): boolean {
  if (value["name"] !== undefined || value["kind"] !== undefined) return false;
  if (value["apiVersion"] !== undefined) return false;
  const keys = Object.keys(value);
  const lists = keys.filter((key) => combinedKeys.has(key) && isObjectList(value[key]));
  if (lists.length === 0) return false;
  if (scope !== "open" || lists.length === keys.length) return true;
  return lists.some((key) => combinedKeys.get(key) !== "Role" && key !== "attributes");
}

function isObjectList(value: JsonValue | undefined): boolean {
  if (value === null) return true;
  return Array.isArray(value) && value.every((item) => isJsonObject(item));
}

function findCombined(value: JsonObject, base: JsonPointer, sink: FindSink): void {
  for (const [key, list] of Object.entries(value)) {
    const kind = combinedKeys.get(key);
    const pointer = pointerOf(base, key);
    if (kind === undefined) {
      const near = nearest(key, combinedNames);
      const keys = combinedNames.join(", ");
      sink.report("schema/unknown-key", { key, keys, ...(near ? { near } : {}) }, pointer, "key");
    } else if (Array.isArray(list)) {
      list.forEach((item: JsonValue, index) => {
        const at = pointerOf(pointer, index);
        if (isJsonObject(item)) findOne(item, kind, at, sink);
        else sink.report("object/not-a-mapping", { found: describe(item) }, at);
      });
    } else if (list !== null) {
      const params = { expected: "a list", found: describe(list) };
      sink.report("schema/wrong-type", params, pointer);
    }
  }
}

function inQuotes(value: JsonValue): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : describe(value);
}

function isKind(kind: unknown): kind is Kind {
  return kinds.some((known) => known === kind);
}
