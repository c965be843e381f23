import type { Event } from "js-yaml";
import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import { isJsonObject } from "../lib/json.js";
import { lazy } from "../lib/lazy.js";
import type { JsonPointer, Origin } from "../model/location.js";
import type { SourceFile } from "../source/source-tree.js";
import { decodeText } from "./decode-text.js";
import type { FolderFiles } from "./config-files.js";
import type { RawObject, RawSettings } from "./documents.js";
import { placesOf } from "./file-places.js";
import { findObjects } from "./find-objects.js";
import { isKindScope, type Scope } from "./folder-scope.js";
import type { ParseLimits } from "./limits.js";
import { readJson, readYaml, type ReadDocuments, type ReportFault } from "./read-documents.js";
import { sealedFileOf, type SealedFile } from "./sealed-file.js";
import { textPositions } from "./text-position.js";
import { ambiguousScalars } from "./yaml-dialect.js";

/** What one file, or the files of one folder and those below it, hold. */
export interface Parsed {
  readonly objects: readonly RawObject[];
  /** Names that unreadable files seem to declare. */
  readonly unreadableNames: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** How many files were read. */
  readonly files: number;
  /** What lies in folders named `files`, by folder. Undefined if there is none. */
  readonly folders?: readonly FolderFiles[];
  /** Encrypted files. Undefined if there is none. */
  readonly sealed?: readonly SealedFile[];
}

/** Reads one file in the scope that its folder gives it. Depends on nothing but its arguments. */
export function parseFile(file: SourceFile, scope: Scope, limits: ParseLimits): Parsed {
  const objects: RawObject[] = [];
  const diagnostics: Diagnostic[] = [];
  const read = readFile(file, scope === "secrets", limits, diagnostics);
  if (read === undefined) {
    return { objects, unreadableNames: namesIn(file, scope), diagnostics, files: 1 };
  }
  if (scope === "secrets") {
    if (isEncrypted(read.documents)) {
      const isEmpty = read.documents.values.every((value) => value === null);
      const sealed = isEmpty ? {} : { sealed: [sealedFileOf(file)] };
      return { objects, unreadableNames: [], diagnostics, files: 1, ...sealed };
    }
    const location = { file: file.path, line: 1, column: 1 };
    diagnostics.push(diagnostic("secrets/clear-text", {}, { location }));
  } else {
    read.documents.values.forEach((document, index) => {
      findObjects(document, scope, {
        found: ({ kind, value, wrapped, pointer }) =>
          objects.push({ kind, value, wrapped, origin: read.originOf(index, pointer) }),
        report: (code, params, pointer, at) =>
          diagnostics.push(
            diagnostic(code, params, { location: read.originOf(index, "").locate(pointer, at) }),
          ),
      });
    });
  }
  if (objects.length > 0 && !isJsonFile(file)) {
    warnOfAmbiguity(file, read.text, read.documents.events, diagnostics);
  }
  // An object whose kind is not understood is declared all the same.
  const isComplete = diagnostics.every(({ severity }) => severity !== "error");
  const unreadableNames = isComplete ? [] : namesIn(file, scope);
  return { objects, unreadableNames, diagnostics, files: 1 };
}

/** Reads a file each of whose documents is one mapping, whatever is in it. */
export function parseMappings(
  file: SourceFile,
  limits: ParseLimits,
): { readonly documents: readonly RawSettings[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const read = readFile(file, false, limits, diagnostics);
  const documents = (read?.documents.values ?? []).flatMap((value, index): RawSettings[] => {
    const origin = read?.originOf(index, "");
    if (value === null || origin === undefined) return [];
    if (isJsonObject(value)) return [{ value, origin }];
    const found = { found: Array.isArray(value) ? "a list" : "a scalar" };
    diagnostics.push(diagnostic("object/not-a-mapping", found, { location: origin.locate("") }));
    return [];
  });
  return { documents, diagnostics };
}

/** Reads `gloo.yaml`. */
export function parseSettingsFile(
  file: SourceFile,
  limits: ParseLimits,
): { readonly settings?: RawSettings; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const read = readFile(file, false, limits, diagnostics);
  const value = read?.documents.values.find((document) => document !== null);
  if (read === undefined || value === undefined) return { diagnostics };
  const index = read.documents.values.indexOf(value);
  const origin = read.originOf(index, "");
  if (isJsonObject(value)) return { settings: { value, origin }, diagnostics };
  const found = { found: Array.isArray(value) ? "a list" : "a scalar" };
  diagnostics.push(diagnostic("object/not-a-mapping", found, { location: origin.locate("") }));
  return { diagnostics };
}

/** Whether a file's name says that it is JSON. */
export function isJsonFile(file: { readonly name: string }): boolean {
  return file.name.toLowerCase().endsWith(".json");
}

interface ReadFile {
  readonly text: string;
  readonly documents: ReadDocuments;
  originOf(document: number, base: JsonPointer): Origin;
}

function readFile(
  file: SourceFile,
  isSecret: boolean,
  limits: ParseLimits,
  diagnostics: Diagnostic[],
): ReadFile | undefined {
  const { path } = file;
  const start = { file: path, line: 1, column: 1 };
  if (file.bytes.byteLength > limits.maxFileBytes) {
    const params = { path, bytes: file.bytes.byteLength, limit: limits.maxFileBytes };
    diagnostics.push(diagnostic("file/too-large", params, { location: start }));
    return undefined;
  }
  const decoded = decodeText(file.bytes);
  const { text } = decoded;
  const positions = lazy(() => textPositions(text));
  const place = (offset: number) => ({ file: path, ...positions().at(offset) });
  if ("fault" in decoded) {
    diagnostics.push(
      diagnostic("text/not-utf8", decoded.fault, { location: place(decoded.text.length) }),
    );
    return undefined;
  }
  const report: ReportFault = (code, params, offset, related) => {
    const others = related && [{ message: related.message, location: place(related.offset) }];
    const target = { location: place(offset), ...(others ? { related: others } : {}) };
    // What cannot be read is not encrypted either; its text stays out of every message.
    if (!isSecret) diagnostics.push(diagnostic(code, params, target));
  };
  const documents = (isJsonFile(file) ? readJson : readYaml)(text, limits, report);
  if (documents === undefined) {
    if (isSecret) diagnostics.push(diagnostic("secrets/clear-text", {}, { location: start }));
    return undefined;
  }
  const places = placesOf(file);
  return {
    text,
    documents,
    originOf: (document, base) => ({
      file: path,
      locate: (pointer, at = "value") => places().locate(document, base + pointer, at),
    }),
  };
}

/** Whether SOPS has been at every document, which is all that can be seen without its rules. */
function isEncrypted({ values }: ReadDocuments): boolean {
  return (
    values.length > 0 &&
    values.every((value) => value === null || (isJsonObject(value) && isJsonObject(value["sops"])))
  );
}

function warnOfAmbiguity(
  file: SourceFile,
  text: string,
  events: readonly Event[],
  diagnostics: Diagnostic[],
): void {
  const found = ambiguousScalars(text, events);
  if (found.length === 0) return;
  const positions = textPositions(text);
  for (const { offset, ...params } of found) {
    const location = { file: file.path, ...positions.at(offset) };
    diagnostics.push(diagnostic("yaml/ambiguous", params, { location }));
  }
}

const nameLine = /^[\s{,-]*["']?name["']?[ \t]*:[ \t]*["']?([a-z0-9][-a-z0-9.]*)/gm;

/** Names that an unreadable file seems to declare, so that references to them are not faulted too. */
function namesIn(file: SourceFile, scope: Scope): readonly string[] {
  if (scope !== "open" && !isKindScope(scope)) return [];
  const text = Buffer.from(file.bytes.subarray(0, 1_000_000)).toString("utf8");
  const own = file.name.replace(/\.[^.]*$/, "");
  return [own, ...[...text.matchAll(nameLine)].map((match) => match[1] ?? "")];
}
