import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";
import { invariant } from "../lib/invariant.js";
import { lazy } from "../lib/lazy.js";

/** The rules of one field (`validate.FieldRules`), decoded: snake_case keys, absent if not set. */
export type FieldRules = Readonly<Record<string, unknown>>;

/** A message of the Envoy API: how to encode it, and what its descriptor says besides. */
export interface MessageDescriptor {
  readonly type: protobuf.Type;
  /** `validate.rules` by field name. */
  readonly rules: ReadonlyMap<string, FieldRules>;
  /** Oneofs of which one field must be set. */
  readonly requiredOneofs: readonly string[];
  /** `validate.disabled`: nothing in it is checked. */
  readonly unchecked: boolean;
  /** Fields marked `udpa.annotations.sensitive`: never shown. */
  readonly sensitive: ReadonlySet<string>;
}

/** The parts of a decoded DescriptorProto that are used here. */
interface RawMessage {
  readonly name: string;
  readonly field: readonly { readonly name: string; readonly options?: RawFieldOptions }[];
  readonly nestedType: readonly RawMessage[];
  readonly oneofDecl: readonly {
    readonly name: string;
    readonly options?: { readonly validateRequired?: boolean };
  }[];
  readonly options?: { readonly validateDisabled?: boolean; readonly mapEntry?: boolean };
}
interface RawFieldOptions {
  readonly validateRules?: Uint8Array;
  readonly sensitive?: boolean;
}

/** Where a top-level message or enum stands in the artifact. */
interface Entry {
  readonly kind: "message" | "enum";
  readonly packageName: string;
  /** "proto2" or "proto3": whether an explicit zero value is kept apart from an unset field. */
  readonly syntax: string;
  readonly bytes: Uint8Array;
}

const artifactUrl = new URL("../../proto/envoy-v3.binpb.gz", import.meta.url);
const root = new protobuf.Root();
const loaded = new Set<string>();
const rawMessages = new Map<string, RawMessage>();
const descriptors = new Map<string, MessageDescriptor>();

/**
 * Top-level names of the API, each with the bytes of its descriptor. One pass over the artifact
 * that reads only names: what nobody asks for is never decoded.
 */
const index = lazy((): ReadonlyMap<string, Entry> => {
  const entries = new Map<string, Entry>();
  const reader = protobuf.Reader.create(gunzipSync(readFileSync(artifactUrl)));
  while (reader.pos < reader.len) {
    reader.uint32(); // FileDescriptorSet.file, its only field
    indexFile(reader.bytes(), entries);
  }
  return entries;
});

/** Field numbers of FileDescriptorProto. */
const packageField = 2;
const messageField = 4;
const enumField = 5;
const syntaxField = 12;

function indexFile(bytes: Uint8Array, entries: Map<string, Entry>): void {
  const reader = protobuf.Reader.create(bytes);
  const found: Pick<Entry, "kind" | "bytes">[] = [];
  let packageName = "";
  let syntax = "proto2"; // what a file without the field is written in
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === packageField) packageName = reader.string();
    else if (field === syntaxField) syntax = reader.string();
    else if (field === messageField) found.push({ kind: "message", bytes: reader.bytes() });
    else if (field === enumField) found.push({ kind: "enum", bytes: reader.bytes() });
    else reader.skipType(tag & 7);
  }
  for (const entry of found) {
    const nameReader = protobuf.Reader.create(entry.bytes);
    nameReader.uint32(); // the name is the first field of both kinds of descriptor
    entries.set(`${packageName}.${nameReader.string()}`, { ...entry, packageName, syntax });
  }
}

/** Decoders of descriptors that know the options that matter here, by their extension numbers. */
const rawTypes = lazy(() => {
  const require = createRequire(import.meta.url);
  const descriptorRoot = protobuf.Root.fromJSON(
    // The JSON form of google/protobuf/descriptor.proto that protobufjs ships.
    require("protobufjs/google/protobuf/descriptor.json") as protobuf.INamespace,
  );
  const extend = (message: string, name: string, id: number, type: string): void => {
    descriptorRoot
      .lookupType(`google.protobuf.${message}`)
      .add(new protobuf.Field(name, id, type, "optional"));
  };
  extend("FieldOptions", "validateRules", 1071, "bytes");
  extend("FieldOptions", "sensitive", 76_569_463, "bool");
  extend("MessageOptions", "validateDisabled", 1071, "bool");
  extend("OneofOptions", "validateRequired", 1071, "bool");
  return {
    message: descriptorRoot.lookupType("google.protobuf.DescriptorProto"),
    enum: descriptorRoot.lookupType("google.protobuf.EnumDescriptorProto"),
  };
});

/** The top-level message or enum that holds `fullName`, which may be nested in it. */
function topLevelName(fullName: string): string | undefined {
  for (let name = fullName; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    if (index().has(name)) return name;
  }
  return undefined;
}

/** Adds a top-level message or enum, and all that its fields lead to, to the reflection root. */
function load(topLevel: string): void {
  const pending = [topLevel];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    const entry = index().get(name);
    invariant(entry, `the Envoy API has no ${name}`);
    // Field names are kept as the API spells them, in snake_case.
    const syntax = { edition: entry.syntax, keepCase: true };
    const namespace = entry.packageName === "" ? root : root.define(entry.packageName);
    if (entry.kind === "enum") {
      const raw = rawTypes().enum.decode(entry.bytes);
      namespace.add(protobuf.Enum.fromDescriptor(raw as never, syntax));
      continue;
    }
    // The extended decoder gives the shape of RawMessage; protobufjs types every message alike.
    const raw = rawTypes().message.decode(entry.bytes) as unknown as RawMessage;
    const type = protobuf.Type.fromDescriptor(raw as never, syntax);
    namespace.add(type);
    keepRaw(name, raw);
    for (const reference of typeReferences(type)) {
      const target = topLevelName(reference);
      invariant(target, `${name} refers to ${reference}, which the artifact lacks`);
      pending.push(target);
    }
  }
}

function keepRaw(fullName: string, raw: RawMessage): void {
  rawMessages.set(fullName, raw);
  for (const nested of raw.nestedType) keepRaw(`${fullName}.${nested.name}`, nested);
}

/** Full names of the messages and enums that a type's fields, and its nested types' fields, name. */
function* typeReferences(type: protobuf.Type): Generator<string> {
  for (const field of type.fieldsArray) {
    if (field.type.startsWith(".")) yield field.type.slice(1);
  }
  for (const nested of type.nestedArray) {
    if (nested instanceof protobuf.Type) yield* typeReferences(nested);
  }
}

/** The descriptor of a message by its full name; undefined if the API has no such message. */
export function findMessage(fullName: string): MessageDescriptor | undefined {
  const known = descriptors.get(fullName);
  if (known !== undefined) return known;
  const topLevel = topLevelName(fullName);
  if (topLevel === undefined) return undefined;
  load(topLevel);
  const raw = rawMessages.get(fullName);
  if (raw === undefined) return undefined;
  const found = describe(fullName, raw);
  descriptors.set(fullName, found);
  return found;
}

/** As {@link findMessage}, for names that the program itself brings. */
export function messageOf(fullName: string): MessageDescriptor {
  const found = findMessage(fullName);
  invariant(found, `the Envoy API has no message ${fullName}`);
  return found;
}

function describe(fullName: string, raw: RawMessage): MessageDescriptor {
  const withRules = raw.field.filter((field) => hasBytes(field.options?.validateRules));
  const ruleType = withRules.length > 0 ? messageOf("validate.FieldRules").type : undefined;
  return {
    type: root.lookupType(`.${fullName}`),
    rules: new Map(
      withRules.map((field) => [
        field.name,
        ruleType!.toObject(ruleType!.decode(field.options!.validateRules!), { longs: Number }),
      ]),
    ),
    requiredOneofs: raw.oneofDecl
      .filter((oneof) => oneof.options?.validateRequired === true)
      .map((oneof) => oneof.name),
    unchecked: raw.options?.validateDisabled === true,
    sensitive: new Set(
      raw.field.filter((field) => field.options?.sensitive === true).map((field) => field.name),
    ),
  };
}

function hasBytes(bytes: Uint8Array | undefined): boolean {
  return bytes !== undefined && bytes.byteLength > 0;
}

/** The full names of all top-level messages of the API, in the order of the artifact. */
export function messageNames(): readonly string[] {
  return [...index()].filter(([, entry]) => entry.kind === "message").map(([name]) => name);
}
