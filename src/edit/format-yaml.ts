import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  Scalar,
  visit,
  type Document,
  type Pair,
  type ParsedNode,
  type YAMLMap,
} from "yaml";
import { pointerTokens } from "../model/location.js";
import { EditError } from "./edit-error.js";
import type { FileObject } from "./file-objects.js";
import { orderWithin, sortByPlace, type KeyOrder } from "./key-order.js";

/** An object of a text, and how it is written. */
export interface OrderedObject extends Pick<FileObject, "document" | "pointer"> {
  readonly order: KeyOrder;
}

/** What is done besides indents, blanks and quotes. */
export interface YamlFormat {
  /** Whether keys are put in order. */
  readonly sortKeys: boolean;
  /** Whether keys get the spelling that the language has for them, and `{ value: x }` becomes `x`. */
  readonly canonical: boolean;
}

/** Columns at which folded text (`>`) is folded again. Nothing else is folded. */
const foldedWidth = 100;

/** Writes a text of YAML in the one form that there is for it, with its comments. */
export function formatYaml(
  text: string,
  objects: readonly OrderedObject[],
  format: YamlFormat,
): string {
  const documents = parseAllDocuments(text, {
    version: "1.2",
    schema: "core",
    compat: "yaml-1.1",
    logLevel: "silent",
    uniqueKeys: false,
  });
  if (!Array.isArray(documents)) return text;
  if (documents.some(({ errors }) => errors.length > 0)) throw new EditError("it is not YAML");
  for (const { document, pointer, order } of objects) {
    const node = documents[document]?.getIn(pointerTokens(pointer).map(keyOf), true);
    if (pointer === "") arrange(documents[document]?.contents, order, format);
    else arrange(node, order, format);
  }
  return documents.map((document) => print(document)).join("");
}

/** List items have numbers for keys. */
function keyOf(token: string): string | number {
  return /^\d+$/.test(token) ? Number(token) : token;
}

function print(document: Document<ParsedNode> | Document): string {
  let isFolded = false;
  visit(document, {
    Scalar(_, node) {
      if (node.type === Scalar.BLOCK_FOLDED) isFolded = true;
      plainIfPossible(node);
    },
  });
  return document.toString({ indent: 2, indentSeq: true, lineWidth: isFolded ? foldedWidth : 0 });
}

/** A quoted string that needs no quotes loses them; printing quotes what is in need of it. */
function plainIfPossible(node: Scalar): void {
  if (typeof node.value === "boolean") delete node.source;
  if (typeof node.value !== "string" || node.value.includes("\n")) return;
  const isQuoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE;
  if (isQuoted) node.type = Scalar.PLAIN;
}

function arrange(node: unknown, order: KeyOrder, format: YamlFormat): void {
  if (isAlias(node)) return;
  if (isSeq(node)) {
    const { items } = order;
    if (items !== undefined) for (const item of node.items) arrange(item, items(), format);
    return;
  }
  if (!isMap(node)) return;
  const hasPlainKeys = node.items.every(({ key }) => isScalar(key));
  if (!hasPlainKeys) return;
  for (const pair of node.items) arrange(pair.value, orderWithin(order, textOf(pair)), format);
  if (format.canonical) renameKeys(node, order);
  if (format.sortKeys) sortPairs(node, order);
}

function renameKeys(map: YAMLMap, order: KeyOrder): void {
  const taken = new Set(map.items.map(textOf));
  for (const pair of map.items) {
    const known = order.keys.get(textOf(pair));
    if (known === undefined || !isScalar(pair.key)) continue;
    if (known.order().isWrapper && isMap(pair.value) && pair.value.items.length === 1) {
      const [inner] = pair.value.items;
      if (inner !== undefined && textOf(inner) === "value" && isScalar(inner.value)) {
        inner.value.comment ??= pair.value.comment ?? null;
        pair.value = inner.value;
      }
    }
    if (taken.has(known.canonical)) continue;
    taken.add(known.canonical);
    pair.key.value = known.canonical;
    delete pair.key.source;
  }
}

function sortPairs(map: YAMLMap, order: KeyOrder): void {
  const [first] = map.items;
  const sorted = sortByPlace(map.items, textOf, order);
  if (sorted.every((pair, i) => pair === map.items[i])) return;
  const top = sorted[0];
  // A blank line above the first key is one above the object, and that stays where it is.
  if (isScalar(first?.key) && isScalar(top?.key) && top.key.spaceBefore === true) {
    top.key.spaceBefore = false;
  }
  map.items.splice(0, map.items.length, ...sorted);
}

function textOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}
