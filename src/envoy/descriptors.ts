import type * as Protobuf from "protobufjs/light.js";
import { invariant } from "../lib/invariant.js";
import { lazy } from "../lib/lazy.js";
import { findEntry } from "./artifact.js";
import { protobuf } from "./protobuf.js";
import { descriptorOptions, readEnum, readMessage } from "./read-descriptor.js";
import { readRules, type FieldRules } from "./read-rules.js";

/** A message of the Envoy API: how to encode it, and what its descriptor says besides. */
export interface MessageDescriptor {
  readonly type: Protobuf.Type;
  /** `validate.rules` by field name. */
  readonly rules: ReadonlyMap<string, FieldRules>;
  /** Oneofs of which one field must be set. */
  readonly requiredOneofs: readonly string[];
  /** `validate.disabled`: nothing in it is checked. */
  readonly unchecked: boolean;
  /** Fields marked `udpa.annotations.sensitive`: never shown. */
  readonly sensitive: ReadonlySet<string>;
  /** Fields that Envoy refuses unless its runtime says otherwise. */
  readonly disallowed: ReadonlySet<string>;
}

const descriptors = new Map<string, MessageDescriptor>();
const loaded = new Set<string>();

/**
 * The types that were asked for. One that a field of theirs names is loaded when that field is
 * resolved, which is when its message is first encoded, decoded or checked: to use `Cluster` does
 * not load all that a cluster could hold.
 */
const root = lazy(() => {
  class ApiRoot extends protobuf().Root {
    override lookup(...[path, ...rest]: Parameters<Protobuf.Root["lookup"]>): LookupResult {
      if (Array.isArray(path)) load(path.join("."));
      return super.lookup(path, ...rest);
    }
  }
  return new ApiRoot();
});

type LookupResult = Protobuf.ReflectionObject | null;

/** Adds the top-level message or enum that holds `fullName`, if the API has it, to the root. */
function load(fullName: string): void {
  if (loaded.has(fullName)) return;
  const found = findEntry(fullName);
  if (found === undefined) return;
  loaded.add(fullName);
  if (fullName !== found.name) return load(found.name);
  const { packageName, syntax, kind, bytes } = found.entry;
  const namespace = root().define(packageName);
  if (kind === "enum") {
    const [name, values] = readEnum(bytes);
    const type = protobuf().Enum.fromJSON(name, { ...values, edition: syntax });
    namespace.add(type);
    type._resolveFeatures(syntax);
  } else {
    const { name, type: json } = readMessage(bytes);
    const type = protobuf().Type.fromJSON(name, { ...json, edition: syntax });
    namespace.add(type);
    // What the syntax implies, such as packed lists and which fields know that they are set. Encoders
    // need it; protobufjs would work it out for the whole root again after each addition.
    type._resolveFeaturesRecursive(syntax);
    compileOnUse(type);
  }
}

/**
 * Lets a type, and those nested in it, compile an encoder when first encoded and a decoder when first
 * decoded. protobufjs itself would at once compile both and three more functions that nobody calls.
 */
function compileOnUse(type: Protobuf.Type): void {
  const { Reader, util, decoder } = protobuf();
  const types = lazy(() => type.fieldsArray.map((field) => field.resolve().resolvedType));
  type.encode = encoderOfUsed(type, types);
  type.decode = (...bytes) => {
    const compile = decoder(type);
    const scope = { Reader, util, types: types(), C: type.ctor };
    type.decode = compile(scope) as Protobuf.Type["decode"];
    return type.decode(...bytes);
  };
  for (const nested of type.nestedArray) {
    if (nested instanceof protobuf().Type) compileOnUse(nested);
  }
}

/**
 * An encoder that knows only the fields that any message so far has had, and is compiled again when
 * one brings another. That of protobufjs asks each message for all fields of its type: the messages of
 * the Envoy API have dozens of them, and few are ever set.
 */
function encoderOfUsed(
  type: Protobuf.Type,
  types: () => readonly Protobuf.Field["resolvedType"][],
): Protobuf.Type["encode"] {
  const { Writer, util, encoder } = protobuf();
  const used = new Set<string>();
  const compile = (): Protobuf.Type["encode"] => {
    const fieldsArray = type.fieldsArray.filter(({ name }) => used.has(name));
    // The same type, but for the list of fields that the code is made from.
    const part = Object.create(type, { fieldsArray: { value: fieldsArray } }) as Protobuf.Type;
    return encoder(part)({ Writer, util, types: types() }) as Protobuf.Type["encode"];
  };
  let encode: Protobuf.Type["encode"] | undefined;
  return (message, ...rest) => {
    for (const name of Object.keys(message)) {
      if (used.has(name) || !Object.hasOwn(type.fields, name)) continue;
      used.add(name);
      encode = undefined;
    }
    encode ??= compile();
    return encode(message, ...rest);
  };
}

/** The descriptor of a message by its full name; undefined if the API has no such message. */
export function findMessage(fullName: string): MessageDescriptor | undefined {
  const known = descriptors.get(fullName);
  if (known !== undefined) return known;
  load(fullName);
  if (!loaded.has(fullName)) return undefined;
  const type = root().lookup(fullName.split("."));
  // A lookup also finds what is nested elsewhere under the last part of the name.
  if (type === null || type.fullName !== `.${fullName}`) return undefined;
  if (!(type instanceof protobuf().Type)) return undefined;
  const found = describe(type);
  descriptors.set(fullName, found);
  return found;
}

/** As {@link findMessage}, for names that the program itself brings. */
export function messageOf(fullName: string): MessageDescriptor {
  const found = findMessage(fullName);
  invariant(found, `the Envoy API has no message ${fullName}`);
  return found;
}

function describe(type: Protobuf.Type): MessageDescriptor {
  const marked = (option: string): ReadonlySet<string> =>
    new Set(
      type.fieldsArray.filter((field) => field.getOption(option) === true).map(({ name }) => name),
    );
  return {
    type,
    rules: new Map(
      type.fieldsArray.flatMap((field) => {
        const bytes: unknown = field.getOption(descriptorOptions.rules);
        return bytes instanceof Uint8Array && bytes.length > 0
          ? [[field.name, readRules(bytes)]]
          : [];
      }),
    ),
    requiredOneofs: type.oneofsArray
      .filter((oneof) => oneof.getOption(descriptorOptions.required) === true)
      .map(({ name }) => name),
    unchecked: type.getOption(descriptorOptions.unchecked) === true,
    sensitive: marked(descriptorOptions.sensitive),
    disallowed: marked(descriptorOptions.disallowed),
  };
}
