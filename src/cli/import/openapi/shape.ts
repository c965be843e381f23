import type { JsonValue } from "../../../lib/json.js";

/** What a schema says of values, as far as templates need it: references and combinations resolved. */
export interface Shape {
  /** "any": more than one of the others, or nothing is said. */
  readonly type: "string" | "number" | "boolean" | "array" | "object" | "any";
  readonly nullable: boolean;
  /** Servers send it; clients do not. */
  readonly readOnly: boolean;
  /** The value where none is given: the default, or the only value there may be. */
  readonly fallback?: JsonValue;
  /** Of objects, by name, in the order of the document. */
  readonly properties: ReadonlyMap<string, Property>;
  /** Whether objects are said to have properties besides. */
  readonly isOpen: boolean;
  /** Whether there is more to it that was not read. */
  readonly isCut?: true;
  /** Of arrays. */
  readonly items?: Shape;
}

export interface Property {
  readonly shape: Shape;
  readonly required: boolean;
}

const noProperties: ReadonlyMap<string, Property> = new Map();

/** Says nothing. */
export const anyShape: Shape = {
  type: "any",
  nullable: false,
  readOnly: false,
  properties: noProperties,
  isOpen: false,
};

/** An object that is in itself, or too deep: it is taken as it comes. */
export const cutShape: Shape = { ...anyShape, type: "object", isCut: true };

/** What is true of values of both shapes (`allOf`). The second goes before where they differ. */
export function bothShapes(first: Shape, second: Shape): Shape {
  const type =
    first.type === second.type || second.type === "any"
      ? first.type
      : first.type === "any"
        ? second.type
        : "any";
  const fallback = second.fallback === undefined ? first.fallback : second.fallback;
  const items =
    first.items && second.items
      ? bothShapes(first.items, second.items)
      : (second.items ?? first.items);
  return {
    type,
    nullable: first.nullable && second.nullable,
    readOnly: first.readOnly || second.readOnly,
    properties: mergeProperties(first, second, bothShapes, (one, other) => {
      return one?.required === true || other?.required === true;
    }),
    isOpen: first.isOpen || second.isOpen,
    ...(first.isCut === true || second.isCut === true ? { isCut: true } : {}),
    ...(fallback === undefined ? {} : { fallback }),
    ...(items === undefined ? {} : { items }),
  };
}

/** What is true of values of either shape (`oneOf`, `anyOf`). */
export function eitherShape(first: Shape, second: Shape): Shape {
  const sameFallback = JSON.stringify(first.fallback) === JSON.stringify(second.fallback);
  return {
    type: first.type === second.type ? first.type : "any",
    nullable: first.nullable || second.nullable,
    readOnly: first.readOnly && second.readOnly,
    properties: mergeProperties(first, second, eitherShape, (one, other) => {
      return one?.required === true && other?.required === true;
    }),
    isOpen: first.isOpen || second.isOpen,
    ...(first.isCut === true || second.isCut === true ? { isCut: true } : {}),
    ...(sameFallback && first.fallback !== undefined ? { fallback: first.fallback } : {}),
    ...(first.items && second.items ? { items: eitherShape(first.items, second.items) } : {}),
  };
}

function mergeProperties(
  first: Shape,
  second: Shape,
  merge: (first: Shape, second: Shape) => Shape,
  isRequired: (one: Property | undefined, other: Property | undefined) => boolean,
): ReadonlyMap<string, Property> {
  const names = new Set([...first.properties.keys(), ...second.properties.keys()]);
  if (names.size === 0) return noProperties;
  const merged = new Map<string, Property>();
  for (const name of names) {
    const [one, other] = [first.properties.get(name), second.properties.get(name)];
    const shape = one && other ? merge(one.shape, other.shape) : (one ?? other)?.shape;
    merged.set(name, { shape: shape ?? anyShape, required: isRequired(one, other) });
  }
  return merged;
}

/** Whether anything in a value must not be sent, so that it cannot be passed on as it comes. */
export function hasReadOnlyParts({ properties, items }: Shape): boolean {
  for (const { shape } of properties.values()) {
    if (shape.readOnly || hasReadOnlyParts(shape)) return true;
  }
  return items !== undefined && hasReadOnlyParts(items);
}

/** Whether it is not known what all parts of a value are. */
export function hasCutParts({ isCut, properties, items }: Shape): boolean {
  if (isCut === true) return true;
  for (const { shape } of properties.values()) if (hasCutParts(shape)) return true;
  return items !== undefined && hasCutParts(items);
}
