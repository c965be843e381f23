import { isJsonObject, type JsonValue } from "../lib/json.js";
import type { LanguageExtensions } from "../model/language.js";
import { createLanguageSchemas } from "../validate/language-schemas.js";
import { createShapes, type Shape } from "../validate/shape.js";
import type { FileObject } from "./file-objects.js";
import { typesOf } from "./object-view.js";

/** In which order the keys of a value stand, and what they are called. */
export interface KeyOrder {
  /** By every accepted spelling: its place, the name of the key, and the order of what it holds. */
  readonly keys: ReadonlyMap<string, OrderedKey>;
  readonly items?: () => KeyOrder;
  readonly values?: () => KeyOrder;
  /** Whether `{ value: x }` is another form of `x`. */
  readonly isWrapper: boolean;
}

/** One key of a mapping. */
export interface OrderedKey {
  readonly place: number;
  readonly canonical: string;
  readonly order: () => KeyOrder;
}

const unordered: KeyOrder = { keys: new Map(), isWrapper: false };

/** Gives the order of keys of objects as their schemas have it. */
export function createKeyOrders(
  extensions: LanguageExtensions,
): (object: Pick<FileObject, "kind" | "value" | "wrapped">) => KeyOrder {
  const schemas = createLanguageSchemas(extensions);
  const shapeOf = createShapes(schemas);
  const made = new WeakMap<Shape, KeyOrder>();

  function orderOf(shape: Shape): KeyOrder {
    let order = made.get(shape);
    if (order === undefined) made.set(shape, (order = newOrder(shape)));
    return order;
  }

  function newOrder({ keys, items, values, isWrapper }: Shape): KeyOrder {
    const names = [...new Set([...(keys?.values() ?? [])].map(({ key }) => key))];
    const found = [...(keys ?? [])].map(([spelling, { key, shape }]): [string, OrderedKey] => [
      spelling,
      { place: names.indexOf(key), canonical: key, order: () => orderOf(shape) },
    ]);
    return {
      keys: new Map(found),
      isWrapper,
      ...(items && { items: () => orderOf(items) }),
      ...(values && { values: () => orderOf(values) }),
    };
  }

  return ({ kind, value, wrapped }) => {
    const inner = wrapped ? value["spec"] : value;
    const types =
      kind === "Upstream" && isJsonObject(inner) ? typesOf(inner, extensions) : undefined;
    const own = orderOf(shapeOf(schemas.objectSchema(kind, types)));
    if (!wrapped) return withFirst(["kind"], own);
    const spec = { order: () => own };
    return withFirst(["apiVersion", "kind", "metadata", "spec"], unordered, { spec });
  };
}

/** An order that begins with these keys. */
function withFirst(
  names: readonly string[],
  { keys, ...rest }: KeyOrder,
  orders: Readonly<Record<string, Pick<OrderedKey, "order">>> = {},
): KeyOrder {
  const first = names.map((canonical, i): [string, OrderedKey] => [
    canonical,
    { place: i - names.length, canonical, order: orders[canonical]?.order ?? (() => unordered) },
  ]);
  return { ...rest, keys: new Map([...keys, ...first]) };
}

/** A copy of a JSON value with its keys in order; keys that are not known come last, as they stood. */
export function orderJson(value: JsonValue, order: KeyOrder): JsonValue {
  if (Array.isArray(value)) {
    const { items } = order;
    return items === undefined ? value : value.map((item: JsonValue) => orderJson(item, items()));
  }
  if (!isJsonObject(value)) return value;
  const entries = sortByPlace(Object.entries(value), ([key]) => key, order);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, orderJson(inner, orderWithin(order, key))]),
  );
}

/** The order of what a key holds. */
export function orderWithin({ keys, values }: KeyOrder, key: string): KeyOrder {
  return keys.get(key)?.order() ?? values?.() ?? unordered;
}

/** Sorts what has a key by the places of the keys; equal ones stay as they stood. */
export function sortByPlace<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string,
  { keys }: KeyOrder,
): readonly T[] {
  const placeOf = (entry: T): number => keys.get(keyOf(entry))?.place ?? Infinity;
  const placed = entries.map((entry, i) => ({ entry, place: placeOf(entry), i }));
  placed.sort((a, b) => (a.place === b.place ? a.i - b.i : a.place - b.place));
  return placed.map(({ entry }) => entry);
}
