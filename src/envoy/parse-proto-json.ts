import protobuf from "protobufjs";
import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { nearest } from "../lib/nearest.js";
import { encodeByName, typeUrlPrefix } from "./codec.js";
import { findMessage, messageNames, messageOf } from "./descriptors.js";
import { lowerCamel } from "./proto-json.js";
import {
  durationFromJson,
  listFromJson,
  structFromJson,
  timestampFromJson,
  valueFromJson,
  type MessageFields,
} from "./well-known-json.js";

/** Something in a JSON document that is not the message it should be. */
export interface ProtoJsonProblem {
  /** JSON pointer within the document (RFC 6901). */
  readonly pointer: string;
  readonly message: string;
  /** The nearest name that would be right. */
  readonly near?: string;
  /** Whether it is the key that is wrong, not the value. */
  readonly atKey?: boolean;
}

/** What a JSON document holds as a message of the API. */
export interface ParsedProtoJson {
  /** In the shape that `encode` takes; what is wrong is left out. */
  readonly message: MessageFields;
  readonly problems: readonly ProtoJsonProblem[];
  /** The values of all fields called `cluster` or `cluster_name`, and of `cluster_names`-like lists. */
  readonly clusterNames: readonly { readonly pointer: string; readonly name: string }[];
}

/** Deeper nesting is a problem of its own, reported once. */
const maxDepth = 64;

/**
 * Reads ProtoJSON strictly, as a person writes it: unknown fields, wrong types, unknown enum values
 * and types and oneofs set twice are problems. Field names may be snake_case or lowerCamelCase.
 * Throws if the API has no message `type`.
 */
export function parseProtoJson(type: string, json: JsonValue): ParsedProtoJson {
  const reader = new ProtoJsonReader();
  const message = reader.message(type, json, "", 0);
  return {
    message: message ?? {},
    problems: reader.problems,
    clusterNames: reader.clusterNames,
  };
}

/** Reads a JSON object with `@type` as the value of an `Any` field. */
export function parseAnyJson(json: JsonValue): ParsedProtoJson {
  return parseProtoJson("google.protobuf.Any", json);
}

const wrapperName = /^google\.protobuf\.(?:String|Bytes|Bool|U?Int(?:32|64)|Float|Double)Value$/;
const clusterField = /^(?:cluster|cluster_name)$/;

class ProtoJsonReader {
  readonly problems: ProtoJsonProblem[] = [];
  readonly clusterNames: { pointer: string; name: string }[] = [];

  private fault(pointer: string, message: string, near?: string, atKey?: boolean): undefined {
    this.problems.push({
      pointer,
      message,
      ...(near !== undefined && { near }),
      ...(atKey === true && { atKey }),
    });
    return undefined;
  }

  message(
    type: string,
    json: JsonValue,
    pointer: string,
    depth: number,
  ): MessageFields | undefined {
    if (depth > maxDepth) return this.fault(pointer, `is nested deeper than ${maxDepth} levels`);
    if (type === "google.protobuf.Value") return valueFromJson(json);
    if (wrapperName.test(type)) {
      const field = messageOf(type).type.fields["value"]!; // every wrapper message has this one field
      const value = this.single(field, json, pointer, depth);
      return value === undefined ? undefined : { value };
    }
    if (type === "google.protobuf.Duration" || type === "google.protobuf.Timestamp") {
      const parse = type.endsWith("Duration") ? durationFromJson : timestampFromJson;
      const example = type.endsWith("Duration") ? '"1.5s"' : '"2026-01-31T12:00:00Z"';
      const parsed = typeof json === "string" ? parse(json) : undefined;
      return parsed ?? this.fault(pointer, `must be a text such as ${example}, not ${show(json)}`);
    }
    if (type === "google.protobuf.FieldMask" && typeof json === "string") {
      return { paths: json === "" ? [] : json.split(",") };
    }
    if (type === "google.protobuf.ListValue") {
      return Array.isArray(json)
        ? listFromJson(json as readonly JsonValue[])
        : this.fault(pointer, `must be a list, not ${show(json)}`);
    }
    if (!isJsonObject(json)) return this.fault(pointer, `must be an object, not ${show(json)}`);
    if (type === "google.protobuf.Struct") return structFromJson(json);
    if (type === "google.protobuf.Any") return this.any(json, pointer, depth);
    return this.fields(type, json, pointer, depth, undefined);
  }

  private fields(
    type: string,
    json: JsonObject,
    pointer: string,
    depth: number,
    skip: string | undefined,
  ): MessageFields {
    const { type: reflected } = messageOf(type);
    const message: MessageFields = {};
    const setBy = new Map<string, string>();
    for (const [key, value] of Object.entries(json)) {
      if (key === skip) continue;
      const at = `${pointer}/${escapeToken(key)}`;
      const field = fieldNamed(reflected, key);
      if (field === undefined) {
        const near = nearest(
          key,
          reflected.fieldsArray.map(({ name }) => name),
        );
        this.fault(at, `${type} has no field "${key}"`, near, true);
        continue;
      }
      if (value === null) continue; // ProtoJSON: null is the default value
      const slot = field.partOf?.name ?? field.name;
      const earlier = setBy.get(slot);
      if (earlier !== undefined) {
        const text =
          field.partOf === null || earlier === field.name
            ? `"${field.name}" is set twice`
            : `"${field.name}" and "${earlier}" exclude each other`;
        this.fault(at, text, undefined, true);
        continue;
      }
      setBy.set(slot, field.name);
      const parsed = this.field(field, value, at, depth + 1);
      if (parsed !== undefined) message[field.name] = parsed;
      if (clusterField.test(field.name) && typeof parsed === "string" && parsed !== "") {
        this.clusterNames.push({ pointer: at, name: parsed });
      }
    }
    return message;
  }

  private field(field: protobuf.Field, json: JsonValue, pointer: string, depth: number): unknown {
    field.resolve();
    if (field instanceof protobuf.MapField) {
      if (!isJsonObject(json)) return this.fault(pointer, `must be an object, not ${show(json)}`);
      const entries = Object.entries(json).flatMap(([key, item]) => {
        const value = this.single(field, item, `${pointer}/${escapeToken(key)}`, depth);
        return value === undefined ? [] : [[key, value] as const];
      });
      return Object.fromEntries(entries);
    }
    if (!field.repeated) return this.single(field, json, pointer, depth);
    if (!Array.isArray(json)) return this.fault(pointer, `must be a list, not ${show(json)}`);
    return (json as readonly JsonValue[]).flatMap((item, index) => {
      const value = this.single(field, item, `${pointer}/${index}`, depth);
      return value === undefined ? [] : [value];
    });
  }

  private single(
    field: protobuf.Field | protobuf.MapField,
    json: JsonValue,
    pointer: string,
    depth: number,
  ): unknown {
    const { resolvedType } = field.resolve();
    if (resolvedType instanceof protobuf.Type) {
      return this.message(resolvedType.fullName.slice(1), json, pointer, depth);
    }
    if (resolvedType instanceof protobuf.Enum) return this.enumValue(resolvedType, json, pointer);
    return this.scalar(field.type, json, pointer);
  }

  private enumValue(type: protobuf.Enum, json: JsonValue, pointer: string): number | undefined {
    if (typeof json === "number" && Number.isInteger(json)) return json;
    const value = typeof json === "string" ? type.values[json] : undefined;
    if (value !== undefined) return value;
    const names = Object.keys(type.values);
    const near = typeof json === "string" ? nearest(json, names) : undefined;
    return this.fault(pointer, `must be one of ${names.join(", ")}, not ${show(json)}`, near);
  }

  private scalar(type: string, json: JsonValue, pointer: string): unknown {
    switch (type) {
      case "string":
        if (typeof json === "string") return json;
        return this.fault(pointer, `must be a text, not ${show(json)}`);
      case "bool":
        if (typeof json === "boolean") return json;
        return this.fault(pointer, `must be true or false, not ${show(json)}`);
      case "bytes":
        if (typeof json === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(json)) {
          return Buffer.from(json, "base64");
        }
        return this.fault(pointer, `must be a base64 text, not ${show(json)}`);
      case "double":
      case "float":
        if (typeof json === "number") return json;
        if (json === "NaN" || json === "Infinity" || json === "-Infinity") return Number(json);
        return this.fault(pointer, `must be a number, not ${show(json)}`);
      default:
        return this.integer(type, json, pointer);
    }
  }

  private integer(type: string, json: JsonValue, pointer: string): unknown {
    const bits = type.endsWith("64") ? 64n : 32n;
    const unsigned = type.startsWith("u") || type.startsWith("fixed");
    const [min, max] = unsigned
      ? [0n, (1n << bits) - 1n]
      : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
    const isText = typeof json === "string" && /^-?\d{1,20}$/.test(json);
    if (!isText && !(typeof json === "number" && Number.isInteger(json))) {
      return this.fault(pointer, `must be a whole number, not ${show(json)}`);
    }
    const value = BigInt(json);
    if (value < min || value > max) {
      return this.fault(pointer, `must be between ${min} and ${max}, not ${show(json)}`);
    }
    // protobufjs encodes 64-bit integers from decimal text without losing digits.
    return bits === 64n ? String(value) : Number(value);
  }

  private any(json: JsonObject, pointer: string, depth: number): MessageFields | undefined {
    const typeUrl = json["@type"];
    if (typeof typeUrl !== "string") {
      return this.fault(pointer, 'must name its type with "@type"');
    }
    const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
    if (findMessage(type) === undefined) {
      const near = nearest(type, messageNames());
      return this.fault(
        `${pointer}/@type`,
        `the Envoy API has no message "${type}"`,
        near && typeUrlPrefix + near,
      );
    }
    const plain = isPlainJson(type);
    const message = plain
      ? this.message(type, json["value"] ?? null, `${pointer}/value`, depth + 1)
      : this.fields(type, json, pointer, depth + 1, "@type");
    if (message === undefined) return undefined;
    return { type_url: typeUrlPrefix + type, value: encodeByName(type, message) };
  }
}

/** Whether the type's ProtoJSON is not an object of its fields, so that an Any nests it in "value". */
function isPlainJson(type: string): boolean {
  return (
    wrapperName.test(type) ||
    /^google\.protobuf\.(?:Any|Duration|Timestamp|Struct|Value|ListValue|FieldMask)$/.test(type)
  );
}

function fieldNamed(type: protobuf.Type, key: string): protobuf.Field | undefined {
  if (Object.hasOwn(type.fields, key)) return type.fields[key];
  return type.fieldsArray.find(({ name }) => lowerCamel(name) === key);
}

function escapeToken(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** A value as a message shows it: its kind, and the value itself if it is short. */
function show(json: JsonValue): string {
  if (json === null) return "null";
  if (Array.isArray(json)) return "a list";
  if (typeof json === "object") return "an object";
  const text = JSON.stringify(json);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
