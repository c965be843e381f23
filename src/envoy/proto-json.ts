import protobuf from "protobufjs";
import type { JsonValue } from "../lib/json.js";
import { typeUrlPrefix } from "./codec.js";
import { findMessage, messageOf } from "./descriptors.js";
import {
  durationToJson,
  listToJson,
  structToJson,
  timestampToJson,
  valueToJson,
  type MessageFields,
} from "./well-known-json.js";

export interface ProtoJsonOptions {
  /** Show `[redacted]` for every field marked `udpa.annotations.sensitive`. Default: false. */
  readonly redact?: boolean;
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
  const descriptor = messageOf(type);
  return messageToJson(type, descriptor.type.decode(bytes), options);
}

const wellKnown: Readonly<Record<string, (value: object) => JsonValue>> = {
  "google.protobuf.Duration": durationToJson,
  "google.protobuf.Timestamp": timestampToJson,
  "google.protobuf.Struct": structToJson,
  "google.protobuf.Value": valueToJson,
  "google.protobuf.ListValue": listToJson,
  "google.protobuf.Empty": () => ({}),
  "google.protobuf.FieldMask": (value) =>
    ((value as { paths?: readonly string[] }).paths ?? []).map(lowerCamel).join(","),
};

const wrapperName = /^google\.protobuf\.(?:String|Bytes|Bool|U?Int(?:32|64)|Float|Double)Value$/;

function messageToJson(type: string, message: MessageFields, options: ProtoJsonOptions): JsonValue {
  if (type === "google.protobuf.Any") return anyToJson(message, options);
  const special = wellKnown[type];
  if (special !== undefined) return special(message);
  const descriptor = messageOf(type);
  if (wrapperName.test(type)) {
    const field = descriptor.type.fields["value"]!; // every wrapper message has this one field
    return valueOfField(field, message["value"] ?? field.defaultValue, options);
  }
  const json: Record<string, JsonValue> = {};
  for (const field of descriptor.type.fieldsArray) {
    const value = message[field.name];
    if (!Object.hasOwn(message, field.name) || value === undefined || value === null) continue;
    if (isEmptyCollection(field, value)) continue;
    const name = lowerCamel(field.name);
    if (options.redact === true && descriptor.sensitive.has(field.name)) json[name] = redacted;
    else if (field instanceof protobuf.MapField) json[name] = mapToJson(field, value, options);
    else if (field.repeated) {
      json[name] = (value as readonly unknown[]).map((item) => valueOfField(field, item, options));
    } else json[name] = valueOfField(field, value, options);
  }
  return json;
}

/** Decoders give every repeated field and map a value; ProtoJSON leaves empty ones out. */
function isEmptyCollection(field: protobuf.Field, value: unknown): boolean {
  if (field instanceof protobuf.MapField) return Object.keys(value as object).length === 0;
  return field.repeated && (value as readonly unknown[]).length === 0;
}

function mapToJson(field: protobuf.MapField, value: unknown, options: ProtoJsonOptions): JsonValue {
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return Object.fromEntries(
    entries.map(([key, item]) => [key, valueOfField(field, item, options)]),
  );
}

function valueOfField(
  field: protobuf.Field | protobuf.MapField,
  value: unknown,
  options: ProtoJsonOptions,
): JsonValue {
  const { resolvedType } = field.resolve();
  if (resolvedType instanceof protobuf.Type) {
    return messageToJson(resolvedType.fullName.slice(1), value as MessageFields, options);
  }
  if (resolvedType instanceof protobuf.Enum) {
    return resolvedType.valuesById[Number(value)] ?? Number(value);
  }
  if (field.type === "bytes") return Buffer.from(value as Uint8Array).toString("base64");
  if (/64$/.test(field.type)) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value as JsonValue;
}

function anyToJson(any: MessageFields, options: ProtoJsonOptions): JsonValue {
  const { type_url: typeUrl = "", value = new Uint8Array() } = any as {
    type_url?: string;
    value?: Uint8Array;
  };
  const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  const known = findMessage(type);
  if (known === undefined) {
    return { "@type": typeUrl, value: Buffer.from(value).toString("base64") };
  }
  const json = messageToJson(type, known.type.decode(value), options);
  const plain = type in wellKnown || wrapperName.test(type) || type === "google.protobuf.Any";
  return plain
    ? { "@type": typeUrlPrefix + type, value: json }
    : { "@type": typeUrlPrefix + type, ...(json as Record<string, JsonValue>) };
}

/** The JSON name of a field: `connect_timeout` is `connectTimeout`. */
export function lowerCamel(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
