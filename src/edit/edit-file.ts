import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { pointerTokens, type JsonPointer } from "../model/location.js";
import type { Scope } from "../parse/folder-scope.js";
import { EditError } from "./edit-error.js";
import {
  encodeContent,
  readFileContent,
  type FileContent,
  type FileObject,
} from "./file-objects.js";
import { jsonEqual } from "./json-equal.js";
import { patchJsonText } from "./patch-json.js";
import { patchYamlDocument } from "./patch-yaml.js";
import { defaultStyle, renderBlock } from "./render-yaml.js";
import { appendYamlDocument, removeYamlDocument } from "./text-segments.js";

/** A config file. */
export interface EditedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly scope: Scope;
}

/**
 * Gives a file in which one object is written otherwise; everything else stays as it is, byte for byte
 * where it can. Throws {@link EditError} if what came of it would not say exactly that.
 */
export function replaceObject(file: EditedFile, target: FileObject, after: JsonObject): Uint8Array {
  const content = readFileContent(file.path, file.bytes, file.scope);
  const expected = content.objects.map((object) =>
    isSame(object, target) ? { ...object, value: after } : object,
  );
  return checked(file, content, expected, () =>
    patched(content, target.document, (document) => valueWith(document, target.pointer, after)),
  );
}

/** Gives a file without an object; undefined if there is nothing left in it. */
export function removeObject(file: EditedFile, target: FileObject): Uint8Array | undefined {
  const content = readFileContent(file.path, file.bytes, file.scope);
  const expected = content.objects.filter((object) => !isSame(object, target));
  const isAlone = expected.length === 0;
  const others = content.documents.filter((value, i) => i !== target.document && value !== null);
  if (isAlone && others.length === 0) return undefined;
  if (target.pointer !== "") {
    return checked(file, content, expected, () =>
      patched(content, target.document, (document) =>
        valueWith(document, target.pointer, undefined),
      ),
    );
  }
  return checked(file, content, expected, () => {
    const text = removeYamlDocument(content.text, target.document);
    if (text === undefined) throw notEditable(file.path);
    return text;
  });
}

/** Gives a file with one more object, as a document of its own or in the list that the file is. */
export function addObject(file: EditedFile, value: JsonObject): Uint8Array {
  const content = readFileContent(file.path, file.bytes, file.scope);
  const { documents } = content;
  const [only] = documents;
  const count = content.objects.length;
  const make = (): string => {
    if (documents.length === 1 && Array.isArray(only)) {
      return patched(content, 0, () => [...(only as readonly JsonValue[]), value]);
    }
    if (!content.isJson) return appendYamlDocument(content.text, renderObject(value));
    throw new EditError(`${file.path} holds one object, and JSON has no room for a second`);
  };
  const text = make();
  const result = readFileContent(file.path, encodeContent(content, text), file.scope);
  const added = result.objects.at(-1);
  const isSound =
    result.objects.length === count + 1 &&
    jsonEqual(added?.value, value) &&
    content.objects.every((object, i) => jsonEqual(object.value, result.objects[i]?.value));
  if (!isSound) throw notEditable(file.path);
  return encodeContent(content, text);
}

/** The text of an object in a file of its own. */
export function renderObject(value: JsonObject): string {
  return renderBlock(value, defaultStyle);
}

function patched(
  { text, isJson, documents }: FileContent,
  index: number,
  change: (document: JsonValue) => JsonValue,
): string {
  const before = documents[index] ?? null;
  const after = change(before);
  return isJson ? patchJsonText(text, after) : patchYamlDocument(text, index, before, after);
}

/** Makes a text and reads it as the product will: it must hold the expected objects and no others. */
function checked(
  file: EditedFile,
  content: FileContent,
  expected: readonly FileObject[],
  make: () => string,
): Uint8Array {
  const bytes = encodeContent(content, make());
  const result = readFileContent(file.path, bytes, file.scope);
  const isSound =
    result.objects.length === expected.length &&
    expected.every((object, i) => {
      const made = result.objects[i];
      return made?.kind === object.kind && jsonEqual(made.value, object.value);
    });
  if (isSound) return bytes;
  throw notEditable(file.path);
}

function isSame(a: FileObject, b: FileObject): boolean {
  return a.document === b.document && a.pointer === b.pointer;
}

/** A copy of a value with another part; undefined takes the part out. */
function valueWith(value: JsonValue, pointer: JsonPointer, part: JsonValue | undefined): JsonValue {
  const [key, ...rest] = pointerTokens(pointer);
  if (key === undefined) return part ?? null;
  const inner = rest
    .map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
  if (Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    const index = Number(key);
    if (rest.length === 0 && part === undefined) return items.filter((_, i) => i !== index);
    return items.map((item, i) => (i === index ? valueWith(item, inner, part) : item));
  }
  if (!isJsonObject(value)) throw new EditError(`there is no ${pointer} in the document`);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === key ? valueWith(item, inner, part) : item,
    ]),
  );
}

function notEditable(path: string): EditError {
  return new EditError(
    `${path} is written in a way that a program cannot change safely (anchors, or several forms at once); edit its text`,
  );
}
