import { isJsonObject, type JsonObject } from "../lib/json.js";
import type { LanguageExtensions } from "../model/language.js";
import { pointerTokens } from "../model/location.js";
import type { Kind } from "../model/resource.js";
import { readSchema } from "../model/schema-files.js";
import type { SchemaResolver } from "./shape.js";

/** What an upstream's parts hold depends on these; undefined where the type is not known. */
export interface UpstreamTypes {
  /** The canonical spelling of `type`. */
  readonly upstream?: string | undefined;
  /** `service_info.type`. */
  readonly service?: string | undefined;
}

/** The schemas of the config language, with all that plugins add to it. */
export interface LanguageSchemas extends SchemaResolver {
  /** The schema of objects of a kind. Equal arguments give the same document. */
  objectSchema(kind: Kind, types?: UpstreamTypes): JsonObject;
  readonly kubernetes: JsonObject;
  readonly settings: JsonObject;
  readonly tests: JsonObject;
  /** Documents that the others refer to. */
  readonly shared: readonly JsonObject[];
  /** Every document that there is so far. */
  documents(): Iterable<JsonObject>;
}

const base = "https://gloo-gitops.dev/schemas/";

/**
 * Puts the schemas together: wherever the language leaves to plugins what may stand there
 * (`x-gloo-struct`), the document that this gives refers to the plugins' own schemas.
 */
export function createLanguageSchemas(extensions: LanguageExtensions): LanguageSchemas {
  const merged = {
    "route-extensions": mergedSchema("route-extensions", extensions.routeExtensions),
    "virtual-service-extensions": mergedSchema(
      "virtual-service-extensions",
      extensions.virtualServiceExtensions,
    ),
    "listener-config": mergedSchema("listener-config", extensions.listenerConfig),
  };
  const parts = new Set([
    ...extensions.routeExtensions,
    ...extensions.virtualServiceExtensions,
    ...extensions.listenerConfig,
  ]);
  const owned = [
    ...[...extensions.upstreamTypes.values(), ...extensions.serviceTypes.values()].map(
      ({ schema }) => schema,
    ),
    ...extensions.functionSpecs.values(),
  ];
  const shared = [
    readSchema("common"),
    ...Object.values(merged),
    ...[...parts].map(withoutAdditional),
    ...new Set(owned.filter((schema) => !parts.has(schema))),
  ];
  const byId = new Map(shared.map((document) => [idOf(document), document]));
  const made = new Map<string, JsonObject>();

  function structsOf(types: UpstreamTypes): ReadonlyMap<string, JsonObject> {
    const structs = new Map(Object.entries(merged));
    const { upstream, service } = types;
    const spec = upstream === undefined ? undefined : extensions.upstreamTypes.get(upstream);
    const properties = service === undefined ? undefined : extensions.serviceTypes.get(service);
    if (spec) structs.set("upstream-spec", spec.schema);
    if (properties) structs.set("service-properties", properties.schema);
    const functionSpec =
      extensions.functionSpecs.get(service ?? "") ?? extensions.functionSpecs.get(upstream ?? "");
    if (functionSpec) structs.set("function-spec", functionSpec);
    return structs;
  }

  return {
    shared,
    kubernetes: readSchema("kubernetes"),
    settings: readSchema("gloo-yaml"),
    get tests() {
      return readSchema("tests");
    },
    documents() {
      return [...shared, this.kubernetes, this.settings, this.tests, ...made.values()];
    },
    objectSchema(kind, types = {}) {
      const key = `${kind}~${types.upstream ?? ""}~${types.service ?? ""}`;
      let document = made.get(key);
      if (document === undefined) {
        document = composed(readSchema(fileOf[kind]), key, structsOf(types));
        made.set(key, document);
      }
      return document;
    },
    resolve(reference, from) {
      const [id = "", pointer = ""] = new URL(reference, idOf(from)).href.split("#");
      const document = id === idOf(from) ? from : byId.get(id);
      const schema = document && valueAt(document, pointer);
      if (schema === undefined || document === undefined) {
        throw new Error(`schema ${idOf(from)} refers to ${reference}, which does not exist`);
      }
      return { schema, document };
    },
  };
}

const fileOf: Readonly<Record<Kind, string>> = {
  Upstream: "upstream",
  VirtualService: "virtual-service",
  Role: "role",
  Attribute: "attribute",
};

/** An object whose keys each belong to one plugin's schema. */
function mergedSchema(name: string, schemas: readonly JsonObject[]): JsonObject {
  const keys = schemas.flatMap(({ properties }) =>
    isJsonObject(properties) ? Object.keys(properties) : [],
  );
  return {
    $id: `${base}composed/${name}.json`,
    type: "object",
    properties: Object.fromEntries(keys.map((key) => [key, true])),
    additionalProperties: false,
    ...(schemas.length > 0 && { allOf: schemas.map((schema) => ({ $ref: idOf(schema) })) }),
  };
}

/** A schema that is one of several for the same object: it does not speak of the others' keys. */
function withoutAdditional(schema: JsonObject): JsonObject {
  const { additionalProperties: _1, unevaluatedProperties: _2, ...rest } = schema;
  return rest;
}

/** A copy of a document that refers to the schemas of its structs. */
function composed(
  document: JsonObject,
  name: string,
  structs: ReadonlyMap<string, JsonObject>,
): JsonObject {
  const copy = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(copy);
    if (!isJsonObject(schema)) return schema;
    const struct = structs.get(String(schema["x-gloo-struct"]));
    if (struct !== undefined) return { $ref: idOf(struct) };
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, copy(value)]));
  };
  // A copy of a JSON object is a JSON object.
  return { ...(copy(document) as JsonObject), $id: `${base}${encodeURIComponent(name)}.json` };
}

function idOf(document: JsonObject): string {
  return String(document["$id"]);
}

function valueAt(document: JsonObject, pointer: string): JsonObject | undefined {
  let value: unknown = document;
  for (const token of pointerTokens(decodeURIComponent(pointer))) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, token)
        ? (value as Readonly<Record<string, unknown>>)[token]
        : undefined;
  }
  return isJsonObject(value) ? value : undefined;
}
