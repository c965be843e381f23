import { isJsonObject, type JsonValue } from "../../../lib/json.js";
import {
  memberOf,
  membersOf,
  referenceOf,
  resolveNode,
  type Node,
  type OpenDocument,
} from "./documents.js";
import { anyShape, bothShapes, eitherShape, cutShape, type Property, type Shape } from "./shape.js";

/** How much of the schemas of one operation is read; what is beyond is taken as it comes. */
const maxSchemas = 4_000;
const maxDepth = 24;

/** Reads the schemas of one operation. */
export class ShapeReader {
  readonly #documents: ReadonlyMap<string, OpenDocument>;
  readonly #isOpenapi31: boolean;
  /** The schemas that are being read, outermost first: one of them in itself is a cycle. */
  readonly #open = new Set<string>();
  #read = 0;

  constructor(documents: ReadonlyMap<string, OpenDocument>, isOpenapi31: boolean) {
    this.#documents = documents;
    this.#isOpenapi31 = isOpenapi31;
  }

  /** The shape of what a schema describes. Throws as {@link resolveNode} does. */
  shapeOf(schema: Node | undefined): Shape {
    if (schema === undefined) return anyShape;
    const target = resolveNode(schema, this.#documents);
    const key = `${target.document.uri}#${target.pointer}`;
    if (!isJsonObject(target.value)) return anyShape;
    if (this.#open.has(key) || this.#open.size >= maxDepth || ++this.#read > maxSchemas) {
      return cutShape;
    }
    this.#open.add(key);
    const shape = this.#shapeOfTarget(target);
    // In 3.1 a schema may say more beside its reference; before, what stands there has no meaning.
    const more = this.#isOpenapi31 && target !== schema ? this.#shapeOfTarget(schema) : undefined;
    this.#open.delete(key);
    return more === undefined ? shape : bothShapes(shape, more);
  }

  #shapeOfTarget(schema: Node): Shape {
    const parts = membersOf(memberOf(schema, "allOf")).map(([, part]) => this.shapeOf(part));
    let shape = [...parts, this.#ownShape(schema)].reduce(bothShapes);
    for (const keyword of ["oneOf", "anyOf"]) {
      const either = this.#alternatives(schema, keyword);
      if (either === undefined) continue;
      const merged = bothShapes(shape, either);
      // The alternatives decide whether there may be nothing.
      shape = { ...merged, nullable: shape.nullable || either.nullable };
    }
    return shape;
  }

  #alternatives(schema: Node, keyword: string): Shape | undefined {
    const parts = membersOf(memberOf(schema, keyword)).map(([, part]) => part);
    const values = parts.filter((part) => !isNullOnly(part));
    const [first, ...others] = values.map((part) => this.shapeOf(part));
    if (first === undefined) return undefined;
    const either = others.reduce(eitherShape, first);
    return values.length < parts.length ? { ...either, nullable: true } : either;
  }

  #ownShape(schema: Node): Shape {
    const { value } = schema;
    if (!isJsonObject(value)) return anyShape;
    const { types, nullable } = typesOf(value);
    const fallback = fallbackOf(value);
    const items = memberOf(schema, "items");
    const additional = value["additionalProperties"];
    return {
      type: types.length === 1 ? (types[0] ?? "any") : "any",
      nullable,
      readOnly: value["readOnly"] === true,
      properties: this.#properties(schema),
      isOpen:
        (additional !== undefined && additional !== false) ||
        isJsonObject(value["patternProperties"]),
      ...(fallback === undefined ? {} : { fallback }),
      ...(items && isJsonObject(items.value) ? { items: this.shapeOf(items) } : {}),
    };
  }

  #properties(schema: Node): ReadonlyMap<string, Property> {
    const names = memberOf(schema, "required")?.value;
    const required = new Set<JsonValue>(Array.isArray(names) ? (names as JsonValue[]) : []);
    const properties = new Map<string, Property>();
    for (const [name, property] of membersOf(memberOf(schema, "properties"))) {
      properties.set(name, { shape: this.shapeOf(property), required: required.has(name) });
    }
    // Required by one part of an `allOf`, described by another.
    for (const name of required) {
      if (typeof name === "string" && !properties.has(name)) {
        properties.set(name, { shape: anyShape, required: true });
      }
    }
    return properties;
  }
}

function isNullOnly({ value }: Node): boolean {
  if (!isJsonObject(value)) return false;
  const { type, enum: only } = value;
  return (
    type === "null" ||
    (referenceOf({ value } as Node) === undefined &&
      Array.isArray(only) &&
      only.length === 1 &&
      only[0] === null)
  );
}

const typeNames: ReadonlyMap<unknown, Shape["type"]> = new Map([
  ["string", "string"],
  ["file", "string"],
  ["integer", "number"],
  ["number", "number"],
  ["boolean", "boolean"],
  ["array", "array"],
  ["object", "object"],
] as const);

/** The types that a schema names or, where it names none, that its other keywords are about. */
function typesOf(schema: Readonly<Record<string, JsonValue>>): {
  readonly types: readonly Shape["type"][];
  readonly nullable: boolean;
} {
  const { type } = schema;
  const named = Array.isArray(type) ? (type as readonly JsonValue[]) : [type ?? null];
  const nullable =
    schema["nullable"] === true ||
    schema["x-nullable"] === true ||
    (Array.isArray(type) && named.includes("null"));
  const types = new Set(named.flatMap((name) => typeNames.get(name) ?? []));
  if (types.size === 0) {
    if (isJsonObject(schema["properties"])) types.add("object");
    else if (isJsonObject(schema["items"])) types.add("array");
    else for (const value of valuesOf(schema)) types.add(typeOfValue(value));
  }
  return { types: [...types], nullable };
}

function valuesOf(schema: Readonly<Record<string, JsonValue>>): readonly JsonValue[] {
  if (schema["const"] !== undefined) return [schema["const"]];
  return Array.isArray(schema["enum"]) ? (schema["enum"] as readonly JsonValue[]) : [];
}

function typeOfValue(value: JsonValue): Shape["type"] {
  const type = Array.isArray(value) ? "array" : typeof value;
  return typeNames.get(type) ?? "any";
}

/** The default, or the only value there may be. Only what a template can hold as a constant. */
function fallbackOf(schema: Readonly<Record<string, JsonValue>>): JsonValue | undefined {
  const values = valuesOf(schema);
  const value = schema["default"] ?? (values.length === 1 ? values[0] : undefined);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object") return String(value).length <= 200 ? value : undefined;
  return Object.keys(value).length === 0 ? value : undefined;
}
