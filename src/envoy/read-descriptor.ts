import type { IEnum, IField, IMapField, IType, Reader } from "protobufjs/light.js";
import { protobuf } from "./protobuf.js";

/**
 * Options of the descriptors that matter here. protobufjs drops options that are extensions, so they
 * are read by their numbers and kept under these names, as a parser of .proto files would do.
 */
export const descriptorOptions = {
  /** Of fields: a serialised `validate.FieldRules`. */
  rules: "(validate.rules)",
  /** Of fields: never shown. */
  sensitive: "(udpa.annotations.sensitive)",
  /** Of fields and enum values: Envoy refuses them unless its runtime says otherwise. */
  disallowed: "(envoy.annotations.disallowed_by_default)",
  /** Of messages: `validate.disabled` or `validate.ignored`. */
  unchecked: "(validate.disabled)",
  /** Of oneofs: one of its fields must be set. */
  required: "(validate.required)",
} as const;

type Options = Record<string, unknown>;

/** What a message descriptor says, in the form that `protobuf.Type.fromJSON` takes. */
interface ReadMessage {
  readonly name: string;
  readonly type: IType;
  /** The types of the fields in their order: of a map's entry, those of its key and value. */
  readonly fieldTypes: readonly string[];
  readonly isMapEntry: boolean;
}

/** `google.protobuf.FieldDescriptorProto.Type`. */
const scalarTypes: readonly string[] = [
  "",
  "double",
  "float",
  "int64",
  "uint64",
  "int32",
  "fixed64",
  "fixed32",
  "bool",
  "string",
  "group",
  "message",
  "bytes",
  "uint32",
  "enum",
  "sfixed32",
  "sfixed64",
  "sint32",
  "sint64",
];
/** `google.protobuf.FieldDescriptorProto.Label`. */
const rules: readonly (string | undefined)[] = [undefined, undefined, "required", "repeated"];

/** Calls `read` with each field's number; it must read the field's value, or say false. */
function eachField(reader: Reader, end: number, read: (field: number) => unknown): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (read(tag >>> 3) === false) reader.skipType(tag & 7);
  }
}

/** The same for a message that is the value of a field. */
function eachNestedField(reader: Reader, read: (field: number) => unknown): void {
  eachField(reader, reader.uint32() + reader.pos, read);
}

/** Reads a serialised `google.protobuf.DescriptorProto`. */
export function readMessage(bytes: Uint8Array): ReadMessage {
  const reader = protobuf().Reader.create(bytes);
  const fields: ReadField[] = [];
  const oneofs: { readonly name: string; readonly options: Options }[] = [];
  const nested: NonNullable<IType["nested"]> = {};
  const mapEntries = new Map<string, ReadMessage>();
  const options: Options = {};
  let name = "";
  let isMapEntry = false;
  eachField(reader, reader.len, (field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) fields.push(readField(reader));
    else if (field === 3) {
      const message = readMessage(reader.bytes());
      if (message.isMapEntry) mapEntries.set(message.name, message);
      else nested[message.name] = message.type;
    } else if (field === 4) {
      const [enumName, values] = readEnum(reader.bytes());
      nested[enumName] = values;
    } else if (field === 7) {
      eachNestedField(reader, (option) => {
        if (option === 7) isMapEntry = reader.bool();
        else if (option === 1071 || option === 1072) {
          if (reader.bool()) options[descriptorOptions.unchecked] = true;
        } else return false;
        return true;
      });
    } else if (field === 8) oneofs.push(readOneof(reader));
    else return false;
    return true;
  });
  const type: IType = { options, nested, fields: {}, oneofs: {} };
  for (const field of fields) addField(type, field, oneofs, mapEntries);
  return { name, type, isMapEntry, fieldTypes: fields.map((field) => field.type) };
}

interface ReadField {
  name: string;
  id: number;
  label: number;
  /** The name of a scalar type, or the full name of a message or enum after a point. */
  type: string;
  oneof?: number;
  jsonName?: string;
  readonly options: Options;
}

function readField(reader: Reader): ReadField {
  const result: ReadField = { name: "", id: 0, label: 1, type: "", options: {} };
  eachNestedField(reader, (field) => {
    if (field === 1) result.name = reader.string();
    else if (field === 3) result.id = reader.int32();
    else if (field === 4) result.label = reader.int32();
    else if (field === 5) result.type ||= scalarTypes[reader.int32()] ?? "";
    else if (field === 6) result.type = reader.string();
    else if (field === 8) readFieldOptions(reader, result.options);
    else if (field === 9) result.oneof = reader.int32();
    else if (field === 10) result.jsonName = reader.string();
    else if (field === 17) {
      if (reader.bool()) result.options["proto3_optional"] = true;
    } else return false;
    return true;
  });
  return result;
}

function readFieldOptions(reader: Reader, options: Options): void {
  eachNestedField(reader, (option) => {
    if (option === 2) options["packed"] = reader.bool();
    else if (option === 1071) options[descriptorOptions.rules] = reader.bytes();
    else if (option === 76_569_463) options[descriptorOptions.sensitive] = reader.bool();
    else if (option === 189_503_207) options[descriptorOptions.disallowed] = reader.bool();
    else return false;
    return true;
  });
}

function readOneof(reader: Reader): { readonly name: string; readonly options: Options } {
  const options: Options = {};
  let name = "";
  eachNestedField(reader, (field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) {
      eachNestedField(reader, (option) => {
        if (option !== 1071) return false;
        options[descriptorOptions.required] = reader.bool();
        return true;
      });
    } else return false;
    return true;
  });
  return { name, options };
}

function addField(
  type: IType,
  field: ReadField,
  oneofs: readonly { readonly name: string; readonly options: Options }[],
  mapEntries: ReadonlyMap<string, ReadMessage>,
): void {
  const { name, id, options, jsonName } = field;
  const shared = { id, options, ...(jsonName !== undefined && { jsonName }) };
  const entry = mapEntries.get(field.type.slice(field.type.lastIndexOf(".") + 1));
  const [keyType, valueType] = entry?.fieldTypes ?? [];
  if (keyType !== undefined && valueType !== undefined) {
    const map: IMapField = { ...shared, keyType, type: valueType };
    type.fields[name] = map;
    return;
  }
  const rule = rules[field.label];
  const plain: IField = { ...shared, type: field.type, ...(rule !== undefined && { rule }) };
  type.fields[name] = plain;
  const oneof = field.oneof === undefined ? undefined : oneofs[field.oneof];
  if (oneof === undefined) return;
  const members = (type.oneofs ??= {});
  (members[oneof.name] ??= { oneof: [], options: oneof.options }).oneof.push(name);
}

/** Reads a serialised `google.protobuf.EnumDescriptorProto`: its name, and its values. */
export function readEnum(bytes: Uint8Array): readonly [name: string, type: IEnum] {
  const reader = protobuf().Reader.create(bytes);
  const values: Record<string, number> = {};
  const valuesOptions: Record<string, Options> = {};
  let name = "";
  eachField(reader, reader.len, (field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) readEnumValue(reader, values, valuesOptions);
    else return false;
    return true;
  });
  return [name, { values, valuesOptions }];
}

function readEnumValue(
  reader: Reader,
  values: Record<string, number>,
  valuesOptions: Record<string, Options>,
): void {
  let name = "";
  let number = 0;
  let disallowed = false;
  eachNestedField(reader, (field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) number = reader.int32();
    else if (field === 3) {
      eachNestedField(reader, (option) => {
        if (option !== 70_100_853) return false;
        disallowed = reader.bool();
        return true;
      });
    } else return false;
    return true;
  });
  values[name] = number;
  if (disallowed) valuesOptions[name] = { [descriptorOptions.disallowed]: true };
}
