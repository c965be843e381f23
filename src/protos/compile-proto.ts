import { createRequire } from "node:module";
import type * as Protobuf from "protobufjs";
import { lazy } from "../lib/lazy.js";
import { checkFile } from "./check-file.js";
import {
  describeEnum,
  describeMessage,
  describeService,
  isEnum,
  isService,
  isType,
} from "./describe-types.js";
import type { FileDescriptor } from "./descriptor-messages.js";
import { parseCost } from "./parse-cost.js";
import { ProtoError } from "./proto-error.js";

/** The content of a file by its name; undefined: there is no such file. */
export type ReadFile = (name: string) => Uint8Array | undefined;

/** More than the APIs of any one service need: a message of 5,000 fields, or 1,000 of 150. */
const maxFiles = 500;
const maxCost = 25_000_000;

const require = createRequire(import.meta.url);
/** protobufjs with its parser of .proto files, which few commits need. */
const protobuf = lazy(() => require("protobufjs") as typeof Protobuf);

/**
 * Compiles a .proto file and all that it imports. Imports are names below any folder that the file
 * lies in, the outermost first; those that come with protobuf need not be there. Throws `ProtoError`.
 */
export function compileProto(name: string, read: ReadFile): readonly FileDescriptor[] {
  const { Root } = protobuf();
  const root = new Root();
  const syntaxes = new Map<string, string>();
  let cost = 0;
  const pending: { readonly wanted: string; readonly by?: string }[] = [{ wanted: name }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const found = next.by === undefined ? textOf(next.wanted, read) : importOf(next, name, read);
    if (found === undefined || syntaxes.has(found.name)) continue;
    if (syntaxes.size >= maxFiles)
      throw new ProtoError(name, `it imports more than ${maxFiles} files`);
    cost += parseCost(found.text ?? "");
    if (cost > maxCost) {
      throw new ProtoError(
        found.name,
        "it is too large to be compiled here; compile it with protoc",
      );
    }
    syntaxes.set(found.name, syntaxOf(found));
    for (const wanted of addFile(found, root)) pending.push({ wanted, by: found.name });
  }
  resolveAll(name, root);
  const files = describeFiles(root, syntaxes);
  files.forEach(checkFile);
  return files;
}

/** A file, or one that comes with protobuf: then there is no text. */
interface ProtoFile {
  readonly name: string;
  readonly text?: string;
}

function textOf(name: string, read: ReadFile): ProtoFile | undefined {
  const bytes = read(name);
  return bytes && { name, text: new TextDecoder().decode(bytes) };
}

function importOf(
  { wanted, by = "" }: { readonly wanted: string; readonly by?: string },
  main: string,
  read: ReadFile,
): ProtoFile | undefined {
  const folders = main.split("/").slice(0, -1);
  for (let depth = 0; depth <= folders.length; depth++) {
    const found = textOf([...folders.slice(0, depth), wanted].join("/"), read);
    if (found !== undefined) return found;
  }
  if (protobuf().common.get(wanted) !== null) return { name: wanted };
  // What matters of these options is understood without their definitions.
  if (optionsOnly.test(wanted)) return undefined;
  throw new ProtoError(by, `it imports "${wanted}", which is not there`);
}

/** Files that others import for the options in them, and that need not be there. */
const optionsOnly =
  /^google\/(?:api\/(?:annotations|client|field_behavior|http|resource)|protobuf\/descriptor)\.proto$/;

/** What stands first in a file, besides comments. */
const syntaxStatement =
  /^\ufeff?(?:\s|\/\/[^\n]*(?:\n|$)|\/\*(?:(?!\*\/)[^])*\*\/)*(syntax|edition)\s*=\s*["']([^"']*)["']/;

function syntaxOf({ name, text }: ProtoFile): string {
  if (text === undefined) return "proto3";
  const [, keyword, syntax = "proto2"] = syntaxStatement.exec(text) ?? [];
  if (keyword !== "edition") return syntax;
  throw new ProtoError(name, `edition ${syntax} cannot be compiled here; compile it with protoc`);
}

/** Adds what a file declares, and gives what it imports. */
function addFile({ name, text }: ProtoFile, root: Protobuf.Root): readonly string[] {
  const { common, parse } = protobuf();
  if (text === undefined) {
    root.addJSON(common.get(name)?.nested ?? {});
    for (const declared of declaredIn(root)) declared.filename ??= name;
    return [];
  }
  // Where the parser puts the name on everything that it reads.
  const parser = parse as typeof parse & { filename: string | null };
  parser.filename = name;
  try {
    const { imports = [], weakImports = [] } = parse(text, root, { keepCase: true });
    return [...imports, ...weakImports];
  } catch (cause) {
    throw parseError(name, cause);
  } finally {
    parser.filename = null;
  }
}

/** The parser's messages end with the line. */
function parseError(name: string, cause: unknown): ProtoError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [, problem = message, line] = /^(.*?)(?: \((?:.*, )?line (\d+)\))?$/s.exec(message) ?? [];
  return new ProtoError(name, problem, line === undefined ? undefined : Number(line));
}

function resolveAll(name: string, root: Protobuf.Root): void {
  try {
    root.resolveAll();
  } catch (cause) {
    throw new ProtoError(name, cause instanceof Error ? cause.message : String(cause));
  }
}

/** Everything that stands in a package, not in a message. */
function declaredIn(namespace: Protobuf.NamespaceBase): readonly Protobuf.ReflectionObject[] {
  return namespace.nestedArray.flatMap((object) =>
    isType(object) || isEnum(object) || isService(object) || !("nestedArray" in object)
      ? [object]
      : declaredIn(object as Protobuf.NamespaceBase),
  );
}

function describeFiles(
  root: Protobuf.Root,
  syntaxes: ReadonlyMap<string, string>,
): readonly FileDescriptor[] {
  const declared = declaredIn(root);
  return [...syntaxes].map(([name, syntax]) => {
    const own = declared.filter(({ filename }) => filename === name);
    const types = own.filter(isType);
    const packageName = own[0]?.parent?.fullName.slice(1) ?? "";
    if (types.some(hasGroups)) {
      throw new ProtoError(name, "groups cannot be compiled here; compile it with protoc");
    }
    return {
      name,
      ...(packageName !== "" && { package: packageName }),
      messageType: types.map(describeMessage),
      enumType: own.filter(isEnum).map(describeEnum),
      service: own.filter(isService).map(describeService),
      syntax,
    };
  });
}

/** proto2 has messages that are fields at the same time. */
function hasGroups(type: Protobuf.Type): boolean {
  return (
    ("group" in type && type.group === true) || type.nestedArray.filter(isType).some(hasGroups)
  );
}
