import { isJsonObject, type JsonValue } from "../../../lib/json.js";
import { pointerOf, pointerTokens, type JsonPointer } from "../../../model/location.js";
import type { SourceLocation } from "../../../model/location.js";

/** A document that was read. */
export interface OpenDocument {
  /** `file:` or http(s): what relative references start from. */
  readonly uri: string;
  readonly value: JsonValue;
  locate(pointer: JsonPointer): SourceLocation;
}

/** A value of a document, and where it is. */
export interface Node {
  readonly document: OpenDocument;
  readonly pointer: JsonPointer;
  readonly value: JsonValue;
}

/** What a document says cannot be followed or understood. */
export class DocumentFault extends Error {
  override readonly name = "DocumentFault";
  readonly at: Node;

  constructor(at: Node, message: string) {
    super(message);
    this.at = at;
  }
}

/** A reference leads to a document that has not been read so far. Whoever can read it starts again. */
export class UnreadDocument extends Error {
  override readonly name = "UnreadDocument";
  readonly at: Node;
  readonly uri: string;

  constructor(at: Node, uri: string) {
    super(`"${uri}" has not been read`);
    this.at = at;
    this.uri = uri;
  }
}

/** The member of a value; undefined if it has none. */
export function memberOf(node: Node, key: string | number): Node | undefined {
  const { value } = node;
  const child = Array.isArray(value)
    ? (value as readonly JsonValue[])[Number(key)]
    : isJsonObject(value) && Object.hasOwn(value, String(key))
      ? value[String(key)]
      : undefined;
  if (child === undefined) return undefined;
  return { document: node.document, pointer: pointerOf(node.pointer, key), value: child };
}

/** The members of an object, or the items of a list; none of anything else. */
export function membersOf(node: Node | undefined): readonly (readonly [string, Node])[] {
  if (node === undefined || typeof node.value !== "object" || node.value === null) return [];
  return Object.entries(node.value).map(([key, value]) => [
    key,
    { document: node.document, pointer: pointerOf(node.pointer, key), value: value },
  ]);
}

/** A member that is a text. */
export function textOf(node: Node, key: string): string | undefined {
  const value = memberOf(node, key)?.value;
  return typeof value === "string" ? value : undefined;
}

const maxHops = 50;

/**
 * What a node stands for: where it is a `$ref`, what that leads to in the end. Throws
 * {@link DocumentFault} or {@link UnreadDocument}.
 */
export function resolveNode(node: Node, documents: ReadonlyMap<string, OpenDocument>): Node {
  let at = node;
  for (let hops = 0; hops < maxHops; hops++) {
    const ref = referenceOf(at);
    if (ref === undefined) return at;
    at = follow(at, ref, documents);
  }
  throw new DocumentFault(node, `the reference leads on and on, more than ${maxHops} times`);
}

/** The `$ref` of a node. */
export function referenceOf({ value }: Node): string | undefined {
  const ref = isJsonObject(value) ? value["$ref"] : undefined;
  return typeof ref === "string" ? ref : undefined;
}

function follow(at: Node, ref: string, documents: ReadonlyMap<string, OpenDocument>): Node {
  const hash = ref.indexOf("#");
  const file = hash < 0 ? ref : ref.slice(0, hash);
  if (file !== "" && !URL.canParse(file, at.document.uri)) {
    throw new DocumentFault(at, `"${ref}" is not a reference`);
  }
  const uri = file === "" ? at.document.uri : new URL(file, at.document.uri).href;
  const document = documents.get(uri);
  if (document === undefined) throw new UnreadDocument(at, uri);
  const fragment = hash < 0 ? "" : decoded(ref.slice(hash + 1));
  if (fragment === undefined || (fragment !== "" && !fragment.startsWith("/"))) {
    throw new DocumentFault(at, `"${ref}" does not name its target by a path, as in "#/a/b"`);
  }
  let target: Node | undefined = { document, pointer: "", value: document.value };
  for (const token of pointerTokens(fragment)) target = target && memberOf(target, token);
  if (target === undefined) throw new DocumentFault(at, `there is no "${ref}"`);
  return target;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a stray percent sign; the caller says what is wrong
  }
}
