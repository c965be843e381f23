import fc from "fast-check";
import type { Field } from "protobufjs/light.js";
import { encode, typeUrlPrefix } from "../../src/envoy/codec.js";
import { messageOf } from "../../src/envoy/descriptors.js";
import type { MessageFields } from "../../src/envoy/message-fields.js";
import { isEnumType, isMapField, isMessageType } from "../../src/envoy/protobuf.js";
import { listFromJson, structFromJson, valueFromJson } from "../../src/envoy/well-known-json.js";
import type { JsonObject, JsonValue } from "../../src/lib/json.js";

const made = new Map<string, fc.Arbitrary<MessageFields>>();

/** Random messages of a type of the Envoy API, with others in them down to a depth. */
export function arbitraryMessage(type: string, depth: number): fc.Arbitrary<MessageFields> {
  const key = `${type} ${depth}`;
  let arbitrary = made.get(key);
  if (arbitrary === undefined) {
    arbitrary = wellKnown(type) ?? ordinary(type, depth);
    made.set(key, arbitrary);
  }
  return arbitrary;
}

function ordinary(type: string, depth: number): fc.Arbitrary<MessageFields> {
  const fields = messageOf(type).type.fieldsArray.map((field) => field.resolve());
  const usable = fields.filter((field) => depth > 0 || !isMessageType(field.resolvedType));
  const alone: Record<string, fc.Arbitrary<unknown>> = {};
  const oneofs = new Map<string, fc.Arbitrary<MessageFields>[]>();
  for (const field of usable) {
    const value = arbitraryField(field, depth);
    if (field.partOf === null || field.partOf === undefined) alone[field.name] = value;
    else {
      const members = oneofs.get(field.partOf.name) ?? [];
      members.push(value.map((chosen) => ({ [field.name]: chosen })));
      oneofs.set(field.partOf.name, members);
    }
  }
  // Most fields of a message are not set: elsewise a deep one would be huge.
  const set = fc
    .subarray(Object.keys(alone), { maxLength: Math.min(4, Object.keys(alone).length) })
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, alone[name]!]))));
  const chosen = [...oneofs.values()].map((members) =>
    fc.option(fc.oneof(...members), { nil: {}, freq: 2 }),
  );
  return fc.tuple(set, ...chosen).map((parts) => Object.assign({}, ...parts) as MessageFields);
}

function arbitraryField(field: Field, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, depth);
  if (isMapField(field)) return fc.dictionary(text, value, { maxKeys: 3 });
  return field.repeated ? fc.array(value, { maxLength: 3 }) : value;
}

const text = fc.string({ unit: "grapheme", maxLength: 8 });

function arbitraryValue({ resolvedType, type }: Field, depth: number): fc.Arbitrary<unknown> {
  if (isMessageType(resolvedType)) {
    return arbitraryMessage(resolvedType.fullName.slice(1), depth - 1);
  }
  if (isEnumType(resolvedType)) return fc.constantFrom(...Object.values(resolvedType.values));
  switch (type) {
    case "string":
      return text;
    case "bool":
      return fc.boolean();
    case "bytes":
      return fc.uint8Array({ maxLength: 6 });
    case "double":
      return fc.double();
    case "float":
      return fc.float();
    case "int64":
    case "sint64":
    case "sfixed64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(integer64);
    case "uint64":
    case "fixed64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(integer64);
    case "uint32":
    case "fixed32":
      return fc.nat(2 ** 32 - 1);
    default:
      return fc.integer();
  }
}

/** As the generated types have it: a number if that holds all digits, else a text. */
function integer64(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;

function wellKnown(type: string): fc.Arbitrary<MessageFields> | undefined {
  switch (type) {
    case "google.protobuf.Any":
      return text.map((name) => ({
        type_url: `${typeUrlPrefix}envoy.config.core.v3.TypedExtensionConfig`,
        value: encode("envoy.config.core.v3.TypedExtensionConfig", { name }),
      }));
    case "google.protobuf.Value":
      return json.map(valueFromJson);
    case "google.protobuf.Struct":
      return fc.dictionary(text, json, { maxKeys: 3 }).map((o) => structFromJson(o as JsonObject));
    case "google.protobuf.ListValue":
      return fc.array(json, { maxLength: 3 }).map(listFromJson);
    case "google.protobuf.Duration":
    case "google.protobuf.Timestamp":
      return fc.record({ seconds: fc.nat(2 ** 31), nanos: fc.nat(999_999_999) });
    case "google.protobuf.FieldMask":
      return fc
        .array(fc.stringMatching(/^[a-z]{1,4}(_[a-z]{1,3})?$/), { minLength: 1, maxLength: 3 })
        .map((paths) => ({ paths }));
    default:
      return undefined;
  }
}
