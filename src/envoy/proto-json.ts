import type { Field } from "protobufjs/light.js";
import { compareText } from "../lib/compare.js";
import type { JsonValue } from "../lib/json.js";
import { contentOfAny, decodeByName, encodeByName, typeUrlPrefix } from "./codec.js";
import { findMessage, messageOf } from "./descriptors.js";
import { parseProtoJson } from "./parse-proto-json.js";
import type { MessageFields } from "./message-fields.js";
import { isEnumType, isMapField, isMessageType, isWrapper } from "./protobuf.js";
import { isTypedStruct, typedStructContent } from "./typed-struct.js";
import { hasOwnJsonForm, numberToJson, wellKnownToJson } from "./well-known-json.js";

/** How to show a message. */
export interface ProtoJsonOptions {
  /**
   * Show `[redacted]` for every value in a field marked `udpa.annotations.sensitive`, as Envoy's own
   * `/config_dump` does. Default: false.
   */
  readonly redact?: boolean;
}

/** As in {@link ProtoJsonOptions}; `hide`: within a sensitive field. */
interface Redaction extends ProtoJsonOptions {
  readonly hide?: boolean;
}

/** What stands for a sensitive value. */
export const redacted = "[redacted]";

/**
 * Canonical ProtoJSON of a serialised message: lowerCamelCase names in the order of the descriptor,
 * durations as "5s", `Any` with `@type`, enums by name, 64-bit integers as strings.
 * https://protobuf.dev/programming-guides/json/
 */
export function toProtoJson(
  type: string,
  bytes: Uint8Array,
  options: ProtoJsonOptions = {},
): JsonValue {
  return messageToJson(type, decodeByName(type, bytes), options);
}

function messageToJson(type: string, message: MessageFields, options: Redaction): JsonValue {
  if (options.hide === true && hasOwnJsonForm(type)) return redacted;
  if (type === "google.protobuf.Any") return anyToJson(message, options);
  const special = wellKnownToJson(type);
  if (special !== undefined) return special(message);
  if (options.redact === true && isTypedStruct(type)) return redactedStruct(type, message);
  const descriptor = messageOf(type);
  if (isWrapper(type)) {
    const field = descriptor.type.fields["value"]!.resolve(); // every wrapper has this one field
    return fieldValueToJson(field, message["value"] ?? field.defaultValue, options);
  }
  const json: Record<string, JsonValue> = {};
  for (const field of descriptor.type.fieldsArray) {
    const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
    if (value === undefined || value === null || isEmptyCollection(field, value)) continue;
    // The JSON name is known once the field is resolved.
    const name = field.resolve().jsonName ?? field.name;
    const hide = options.redact === true && descriptor.sensitive.has(field.name);
    json[name] = fieldToJson(field, value, hide ? { redact: true, hide } : options);
  }
  return json;
}

/** Decoders give every list and map a value; ProtoJSON leaves empty ones out. */
function isEmptyCollection(field: Field, value: unknown): boolean {
  if (isMapField(field)) return Object.keys(value as object).length === 0;
  return field.repeated && (value as readonly unknown[]).length === 0;
}

/** A TypedStruct, which holds the JSON of another message, as sensitive as that one. */
function redactedStruct(type: string, message: MessageFields): JsonValue {
  const content = typedStructContent(type, message);
  if (content === undefined) return { typeUrl: String(message["type_url"]), value: redacted };
  const bytes = encodeByName(content.type, parseProtoJson(content.type, content.json).message);
  return {
    typeUrl: String(message["type_url"]),
    value: toProtoJson(content.type, bytes, { redact: true }),
  };
}

function fieldToJson(field: Field, value: unknown, options: Redaction): JsonValue {
  if (isMapField(field)) return mapToJson(field, value, options);
  if (!field.repeated) return fieldValueToJson(field, value, options);
  return (value as readonly unknown[]).map((item) => fieldValueToJson(field, item, options));
}

function mapToJson(field: Field, value: unknown, options: Redaction): JsonValue {
  const entries = Object.entries(value as MessageFields).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(
    entries.map(([key, item]) => [key, fieldValueToJson(field, item, options)]),
  );
}

function fieldValueToJson(field: Field, value: unknown, options: Redaction): JsonValue {
  const { resolvedType, type } = field;
  if (isMessageType(resolvedType)) {
    return messageToJson(resolvedType.fullName.slice(1), value as MessageFields, options);
  }
  if (options.hide === true) return redacted;
  if (isEnumType(resolvedType)) {
    if (resolvedType.fullName === ".google.protobuf.NullValue") return null;
    return resolvedType.valuesById[Number(value)] ?? Number(value);
  }
  if (type === "bytes") return Buffer.from(value as Uint8Array).toString("base64");
  if (type.endsWith("64")) return String(value);
  if (type === "float") return numberToJson(shortestFloat(Number(value)));
  return type === "double" ? numberToJson(Number(value)) : (value as JsonValue);
}

/** The shortest decimal that is the same 32-bit float: 0.1, not 0.10000000149011612. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function anyToJson(any: MessageFields, options: Redaction): JsonValue {
  const { type, value } = contentOfAny(any);
  if (type === "") return {};
  const message = findMessage(type) && decoded(type, value);
  if (message === undefined) {
    // What cannot be read could hold anything, a secret too.
    const shown = options.redact === true ? redacted : Buffer.from(value).toString("base64");
    return { "@type": typeUrlPrefix + type, value: shown };
  }
  const json = messageToJson(type, message, options);
  return hasOwnJsonForm(type)
    ? { "@type": typeUrlPrefix + type, value: json }
    : { "@type": typeUrlPrefix + type, ...(json as Record<string, JsonValue>) };
}

function decoded(type: string, value: Uint8Array): MessageFields | undefined {
  try {
    return decodeByName(type, value);
  } catch {
    return undefined; // Shown as the bytes that it is: an Any may hold anything.
  }
}
