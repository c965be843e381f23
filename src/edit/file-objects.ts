import type { JsonObject, JsonValue } from "../lib/json.js";
import { isJsonObject } from "../lib/json.js";
import type { JsonPointer } from "../model/location.js";
import type { Kind } from "../model/resource.js";
import { decodeText } from "../parse/decode-text.js";
import { findObjects } from "../parse/find-objects.js";
import { scopeOf, type Scope } from "../parse/folder-scope.js";
import { defaultParseLimits } from "../parse/limits.js";
import { readJson, readYaml } from "../parse/read-documents.js";
import { EditError } from "./edit-error.js";

/** One object of a file. */
export interface FileObject {
  readonly kind: Kind;
  /** Undefined: it has none. */
  readonly name: string | undefined;
  /** Which document of the file it is in: 0 is the first. */
  readonly document: number;
  /** Where in that document; `""` is all of it. */
  readonly pointer: JsonPointer;
  /** As written. */
  readonly value: JsonObject;
  /** Whether it has the Kubernetes form. */
  readonly wrapped: boolean;
}

/** What a file says, as the project's own reader has it. */
export interface FileContent {
  readonly text: string;
  readonly isJson: boolean;
  /** Whether the file begins with a byte order mark, which is not part of `text`. */
  readonly hasMark: boolean;
  readonly documents: readonly JsonValue[];
  readonly objects: readonly FileObject[];
}

/** Reads a config file for an edit. Throws {@link EditError} for one that cannot be read. */
export function readFileContent(path: string, bytes: Uint8Array, scope: Scope): FileContent {
  const decoded = decodeText(bytes);
  if ("fault" in decoded) throw new EditError(`${path} is not UTF-8`);
  const { text } = decoded;
  const isJson = /\.json$/i.test(path);
  let fault: string | undefined;
  const read = (isJson ? readJson : readYaml)(text, defaultParseLimits, (code) => (fault ??= code));
  if (read === undefined) {
    throw new EditError(`${path} cannot be read (${fault ?? "syntax"}); \`gloo check\` says why`);
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { text, isJson, hasMark, documents: read.values, objects: objectsOf(read.values, scope) };
}

/** The bytes of a text in the form that a file had. */
export function encodeContent({ hasMark }: Pick<FileContent, "hasMark">, text: string): Uint8Array {
  return Buffer.from(hasMark ? `\ufeff${text}` : text, "utf8");
}

/** The scope that a path gives its file, below the folder that holds the config. */
export function scopeOfPath(path: string, basePath: string): Scope {
  const inside = basePath === "" ? path : path.slice(basePath.length + 1);
  return inside
    .split("/")
    .slice(0, -1)
    .reduce<Scope>((scope, folder) => (scope === "none" ? scope : scopeOf(folder, scope)), "open");
}

function objectsOf(documents: readonly JsonValue[], scope: Scope): readonly FileObject[] {
  const objects: FileObject[] = [];
  documents.forEach((value, document) => {
    findObjects(value, scope, {
      found: (object) => objects.push({ ...object, document, name: nameOf(object) }),
      report: () => undefined,
    });
  });
  return objects;
}

function nameOf({ value, wrapped }: Pick<FileObject, "value" | "wrapped">): string | undefined {
  const { metadata } = value;
  const holder = wrapped && isJsonObject(metadata) ? metadata : value;
  return typeof holder["name"] === "string" ? holder["name"] : undefined;
}
