import type { IField, Reader } from "protobufjs/light.js";
import { invariant } from "../lib/invariant.js";
import { findEntry } from "./artifact.js";
import type { MessageFields } from "./message-fields.js";
import { protobuf } from "./protobuf.js";
import { readMessage } from "./read-descriptor.js";

/** The rules of one field (`validate.FieldRules`): snake_case keys, absent if not set. */
export type FieldRules = Readonly<Record<string, unknown>>;

/**
 * Reads a serialised `validate.FieldRules`. Field by field, by its descriptor: to compile decoders
 * for the twenty kinds of rules would take longer than to read all that a commit needs.
 */
export function readRules(bytes: Uint8Array): FieldRules {
  return readFields("validate.FieldRules", bytes);
}

interface NumberedField extends IField {
  readonly name: string;
}

const fieldsByType = new Map<string, ReadonlyMap<number, NumberedField>>();

function fieldsOf(typeName: string): ReadonlyMap<number, NumberedField> {
  let fields = fieldsByType.get(typeName);
  if (fields === undefined) {
    const entry = findEntry(typeName)?.entry;
    invariant(entry, `the artifact has no ${typeName}`);
    const byName = Object.entries(readMessage(entry.bytes).type.fields);
    fields = new Map(byName.map(([name, field]) => [field.id, { ...field, name }]));
    fieldsByType.set(typeName, fields);
  }
  return fields;
}

function readFields(typeName: string, bytes: Uint8Array): MessageFields {
  const reader = protobuf().Reader.create(bytes);
  const message: MessageFields = {};
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = fieldsOf(typeName).get(tag >>> 3);
    invariant(field, `${typeName} has no field ${tag >>> 3}`);
    const value = readValue(reader, field.type);
    const list = message[field.name] as unknown[] | undefined;
    message[field.name] = field.rule === "repeated" ? [...(list ?? []), value] : value;
  }
  return message;
}

function readValue(reader: Reader, type: string): unknown {
  if (type.startsWith(".")) {
    const typeName = type.slice(1);
    if (findEntry(typeName)?.entry.kind === "enum") return reader.int32();
    return readFields(typeName, reader.bytes());
  }
  if (type === "int64" || type === "uint64") return Number(reader[type]());
  // The rules have no fields of the other kinds of 64-bit integers.
  return reader[type as "string" | "bool" | "bytes" | "double" | "float" | "int32" | "uint32"]();
}
