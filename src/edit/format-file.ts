import type { LanguageExtensions } from "../model/language.js";
import { decodeText } from "../parse/decode-text.js";
import { EditError } from "./edit-error.js";
import type { EditedFile } from "./edit-file.js";
import { readFileContent, type FileContent } from "./file-objects.js";
import { formatYaml, type YamlFormat } from "./format-yaml.js";
import { jsonEqual } from "./json-equal.js";
import { createKeyOrders, orderJson } from "./key-order.js";
import { createObjectViews } from "./object-view.js";
import type { JsonValue } from "../lib/json.js";
import { isJsonObject } from "../lib/json.js";
import { pointerTokens } from "../model/location.js";

/** How files are formatted. */
export interface FormatOptions {
  /** Whether keys and types get the language's own spellings, instead of those of 2018. Default: false. */
  readonly canonical?: boolean;
}

/**
 * Gives a file's text in canonical format: keys in the order of their schemas, two blanks a level, quotes
 * only where they are needed. Comments stay, and so does the meaning, which is checked. Throws
 * {@link EditError} for a file that cannot be read, or whose meaning would not stay.
 */
export type FormatFile = (file: EditedFile, options?: FormatOptions) => string;

/** Formatting the text once more may change it: a comment that moved is set anew. */
const maxRounds = 4;

/** Makes the formatter of a language. */
export function createFormatter(extensions: LanguageExtensions): FormatFile {
  const orderOf = createKeyOrders(extensions);
  const viewObject = createObjectViews(extensions);

  function formatOnce(content: FileContent, format: YamlFormat): string {
    const objects = content.objects.map((object) => ({ ...object, order: orderOf(object) }));
    if (!content.isJson) return formatYaml(content.text, objects, format);
    const [document] = content.documents;
    if (document === undefined) return content.text;
    let ordered = document;
    for (const { pointer, order } of objects) {
      ordered = withPart(ordered, pointerTokens(pointer), (part) => orderJson(part, order));
    }
    return `${JSON.stringify(ordered, undefined, 2)}\n`;
  }

  function isSameMeaning(before: FileContent, after: FileContent, canonical: boolean): boolean {
    if (!canonical) return jsonEqual(before.documents, after.documents);
    return (
      before.objects.length === after.objects.length &&
      before.objects.every((object, i) => {
        const made = after.objects[i];
        if (made === undefined) return false;
        return jsonEqual(viewObject(object)?.value, viewObject(made)?.value);
      })
    );
  }

  function formatStable(
    file: EditedFile,
    content: FileContent,
    format: YamlFormat,
  ): string | undefined {
    let current = content;
    for (let round = 0; round < maxRounds; round++) {
      const text = formatOnce(current, format);
      if (text === current.text) return text;
      current = readFileContent(file.path, Buffer.from(text, "utf8"), file.scope);
      if (!isSameMeaning(content, current, format.canonical)) return undefined;
    }
    return undefined;
  }

  return (file, { canonical = false } = {}) => {
    const content = readFileContent(file.path, file.bytes, file.scope);
    if (content.objects.length === 0) return textOf(file);
    // An alias must not come before its anchor: where keys cannot be sorted, the rest is done.
    for (const sortKeys of [true, false]) {
      const text = tried(() => formatStable(file, content, { sortKeys, canonical }));
      if (text !== undefined) return text;
    }
    throw new EditError(
      `${file.path} cannot be formatted without changing what it says; it is left as it is`,
    );
  };
}

function textOf({ bytes }: EditedFile): string {
  return decodeText(bytes).text;
}

function tried(make: () => string | undefined): string | undefined {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof EditError) return undefined;
    throw cause;
  }
}

function withPart(
  value: JsonValue,
  [key, ...rest]: readonly string[],
  change: (part: JsonValue) => JsonValue,
): JsonValue {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, i) =>
      String(i) === key ? withPart(item, rest, change) : item,
    );
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === key ? withPart(item, rest, change) : item,
    ]),
  );
}
