import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";

/**
 * What normalisation needs to know of a schema, made once: which spellings a key has, which keys are
 * ignored, filled in or wrapped, and where secrets are named.
 */
export interface Shape {
  /** By every accepted spelling. Undefined for a map, a scalar or a list. */
  readonly keys?: ReadonlyMap<string, KeyShape>;
  /** Of the values of a map. */
  readonly values?: Shape;
  /** Null stands for `""` among its values. */
  readonly nullIsEmpty: boolean;
  readonly items?: Shape;
  /** `{ value: x }` is accepted for `x`. */
  readonly isWrapper: boolean;
  readonly filled: readonly { readonly key: string; readonly value: JsonValue }[];
  /** What a string here names: a secret for this use. */
  readonly secret?: string;
  /** Whether it is a duration, which a bare number gives in nanoseconds. */
  readonly isDuration: boolean;
  /** Whether there is a secret or a duration in it or below it. */
  readonly holdsMarks: boolean;
}

export interface KeyShape {
  readonly key: string;
  readonly shape: Shape;
  readonly isIgnored: boolean;
}

/** Finds schemas by reference. */
export interface SchemaResolver {
  /** The schema that `reference` means in the document `base`, and that schema's own document. */
  resolve(
    reference: string,
    base: JsonObject,
  ): { readonly schema: JsonObject; readonly document: JsonObject };
}

interface Part {
  readonly schema: JsonObject;
  readonly document: JsonObject;
}

/** Makes shapes, each once. */
export function createShapes(resolver: SchemaResolver): (document: JsonObject) => Shape {
  const made = new WeakMap<JsonObject, Shape>();

  function shapeOf(schema: JsonObject, document: JsonObject): Shape {
    const known = made.get(schema);
    if (known !== undefined) return known;
    const { $ref } = schema;
    if (typeof $ref === "string") {
      const target = resolver.resolve($ref, document);
      const shape = shapeOf(target.schema, target.document);
      made.set(schema, shape);
      return shape;
    }
    const shape: { -readonly [K in keyof Shape]: Shape[K] } = {
      nullIsEmpty: false,
      isWrapper: schema["x-gloo-wrapper"] === true,
      filled: [],
      isDuration: schema["format"] === "gloo-duration",
      holdsMarks: schema["format"] === "gloo-duration",
    };
    // Set before its parts are made: a schema may refer to itself.
    made.set(schema, shape);
    if (schema["x-gloo-opaque"] === true) return shape;
    if (typeof schema["x-gloo-secret"] === "string") {
      shape.secret = schema["x-gloo-secret"];
      shape.holdsMarks = true;
    }
    const parts = partsOf(schema, document);
    if (parts.some((part) => isJsonObject(part.schema["properties"]))) {
      const { keys, filled } = keysOf(parts);
      shape.keys = keys;
      shape.filled = filled;
      if ([...keys.values()].some((own) => own.shape.holdsMarks)) shape.holdsMarks = true;
    }
    if (isJsonObject(schema["additionalProperties"])) {
      shape.values = shapeOf(schema["additionalProperties"], document);
      shape.nullIsEmpty = schema["additionalProperties"]["type"] === "string";
      if (shape.values.holdsMarks) shape.holdsMarks = true;
    }
    if (isJsonObject(schema["items"])) {
      shape.items = shapeOf(schema["items"], document);
      if (shape.items.holdsMarks) shape.holdsMarks = true;
    }
    return shape;
  }

  /** A schema and those that it demands besides (`allOf`). */
  function partsOf(schema: JsonObject, document: JsonObject): readonly Part[] {
    const { allOf = [] } = schema;
    const others = (Array.isArray(allOf) ? allOf : []).filter(isJsonObject);
    return [
      { schema, document },
      ...others.flatMap((own) => {
        const part =
          typeof own["$ref"] === "string"
            ? resolver.resolve(own["$ref"], document)
            : { schema: own, document };
        return partsOf(part.schema, part.document);
      }),
    ];
  }

  function keysOf(parts: readonly Part[]) {
    const keys = new Map<string, KeyShape>();
    const filled: { key: string; value: JsonValue }[] = [];
    const others: [string, KeyShape][] = [];
    for (const { schema: part, document } of parts) {
      for (const [key, schema] of Object.entries(part["properties"] ?? {})) {
        if (!isJsonObject(schema)) continue;
        const shape = shapeOf(schema, document);
        const isIgnored = targetOf(schema, document)["x-gloo-ignored"] === true;
        const entry = { key, shape, isIgnored };
        keys.set(key, entry);
        for (const spelling of spellingsOf(key, schema)) others.push([spelling, entry]);
        const value = schema["default"];
        if (schema["x-gloo-filled"] === true && value !== undefined) filled.push({ key, value });
      }
    }
    // A key's own name goes before another key's alias.
    for (const [spelling, entry] of others) if (!keys.has(spelling)) keys.set(spelling, entry);
    return { keys, filled };
  }

  function targetOf(schema: JsonObject, document: JsonObject): JsonObject {
    const { $ref } = schema;
    return typeof $ref === "string" ? resolver.resolve($ref, document).schema : schema;
  }

  return (document) => shapeOf(document, document);
}

/** The other spellings of a key: lowerCamelCase, and the aliases that its schema gives. */
export function spellingsOf(key: string, schema: JsonObject): readonly string[] {
  const camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const aliases = schema["x-gloo-aliases"];
  return [
    ...(camel === key ? [] : [camel]),
    ...(Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === "string") : []),
  ];
}
