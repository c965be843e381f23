import type { Enum, Field, Type } from "protobufjs/light.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { nearest } from "../lib/nearest.js";
import { messageNames } from "./artifact.js";
import { encodeByName, typeUrlPrefix } from "./codec.js";
import { findMessage, messageOf } from "./descriptors.js";
import type { MessageFields } from "./message-fields.js";
import { isEnumType, isMapField, isMessageType, isWrapper } from "./protobuf.js";
import { isMapKey, scalarFromJson } from "./scalar-json.js";
import { isTypedStruct } from "./typed-struct.js";
import {
  durationFromJson,
  fieldMaskFromJson,
  hasOwnJsonForm,
  listFromJson,
  structFromJson,
  timestampFromJson,
  valueFromJson,
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
  /** The clusters that it names, in fields such as `cluster` and `cluster_name`. */
  readonly clusterNames: readonly { readonly pointer: string; readonly name: string }[];
}

/**
 * Deeper nesting is a problem of its own. Envoy reads 100 levels of messages; a level of a Struct is
 * two of them.
 */
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

/** Whether config may name a message of this type: it is in the API, and not in the retired v2 API. */
export function isKnownType(typeName: string): boolean {
  return !retired.test(typeName) && findMessage(typeName) !== undefined;
}

/** The v2 API is part of the artifact, since v3 was made from it; Envoy itself has lost it. */
const retired = /^envoy\.(?:.*\.)?v2(?:alpha\d*)?\./;

const clusterField =
  /^(?:cluster|cluster_name|collector_cluster|default_cluster|override_upstream_cluster)$/;

class ProtoJsonReader {
  readonly problems: ProtoJsonProblem[] = [];
  readonly clusterNames: { pointer: string; name: string }[] = [];

  #fault(pointer: string, message: string, near?: string, atKey?: boolean): undefined {
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
    if (depth > maxDepth) return this.#tooDeep(pointer);
    if (isWrapper(type)) {
      const field = messageOf(type).type.fields["value"]!; // every wrapper has this one field
      const value = this.#single(field.resolve(), json, pointer, depth);
      return value === undefined ? undefined : { value };
    }
    switch (type) {
      case "google.protobuf.Duration":
        return this.#text(json, durationFromJson, pointer, "1.5s");
      case "google.protobuf.Timestamp":
        return this.#text(json, timestampFromJson, pointer, "2026-01-31T12:00:00Z");
      case "google.protobuf.FieldMask":
        return this.#text(json, fieldMaskFromJson, pointer, "user.name,size");
      case "google.protobuf.Struct":
      case "google.protobuf.Value":
      case "google.protobuf.ListValue":
        return this.#freeJson(type, json, pointer, depth);
    }
    if (!isJsonObject(json)) return this.#fault(pointer, `must be an object, not ${show(json)}`);
    if (type === "google.protobuf.Any") return this.#any(json, pointer, depth);
    return this.#fields(type, json, pointer, depth, undefined);
  }

  #tooDeep(pointer: string): undefined {
    return this.#fault(pointer, `is nested deeper than ${maxDepth} levels`);
  }

  #text(
    json: JsonValue,
    read: (text: string) => MessageFields | undefined,
    pointer: string,
    example: string,
  ): MessageFields | undefined {
    const value = typeof json === "string" ? read(json) : undefined;
    return value ?? this.#fault(pointer, `must be a text such as "${example}", not ${show(json)}`);
  }

  #freeJson(
    type: string,
    json: JsonValue,
    pointer: string,
    depth: number,
  ): MessageFields | undefined {
    if (isDeeper(json, (maxDepth - depth) / 2)) return this.#tooDeep(pointer);
    if (type === "google.protobuf.Value") return valueFromJson(json);
    if (type === "google.protobuf.Struct") {
      if (isJsonObject(json)) return structFromJson(json);
      return this.#fault(pointer, `must be an object, not ${show(json)}`);
    }
    if (Array.isArray(json)) return listFromJson(json as readonly JsonValue[]);
    return this.#fault(pointer, `must be a list, not ${show(json)}`);
  }

  #fields(
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
      const field = fieldsOf(reflected).get(key);
      if (field === undefined) {
        const near = nearest(key, Object.keys(reflected.fields));
        this.#fault(at, `${type} has no field "${key}"`, near, true);
        continue;
      }
      if (value === null && !takesNull(field)) continue; // null stands for an unset field
      const slot = field.partOf?.name ?? field.name;
      const earlier = setBy.get(slot);
      if (earlier !== undefined) {
        const text =
          earlier === field.name
            ? `"${field.name}" is set twice`
            : `"${field.name}" and "${earlier}" exclude each other`;
        this.#fault(at, text, undefined, true);
        continue;
      }
      setBy.set(slot, field.name);
      const parsed = this.#field(field, value, at, depth + 1);
      if (parsed === undefined) continue;
      message[field.name] = parsed;
      const isCluster = clusterField.test(field.name) || isWeightedCluster(type, field.name);
      if (isCluster && typeof parsed === "string" && parsed !== "") {
        this.clusterNames.push({ pointer: at, name: parsed });
      }
    }
    return message;
  }

  #field(field: Field, json: JsonValue, pointer: string, depth: number): unknown {
    if (isMapField(field)) {
      if (!isJsonObject(json)) return this.#fault(pointer, `must be an object, not ${show(json)}`);
      const entries = Object.entries(json).flatMap(([key, item]) => {
        const at = `${pointer}/${escapeToken(key)}`;
        if (!isMapKey(field.keyType, key)) {
          this.#fault(at, `must be keyed by ${field.keyType}, not "${key}"`, undefined, true);
          return [];
        }
        const value = this.#single(field, item, at, depth);
        return value === undefined ? [] : [[key, value] as const];
      });
      return Object.fromEntries(entries);
    }
    if (!field.repeated) return this.#single(field, json, pointer, depth);
    if (!Array.isArray(json)) return this.#fault(pointer, `must be a list, not ${show(json)}`);
    return (json as readonly JsonValue[]).flatMap((item, index) => {
      const value = this.#single(field, item, `${pointer}/${index}`, depth);
      return value === undefined ? [] : [value];
    });
  }

  #single(field: Field, json: JsonValue, pointer: string, depth: number): unknown {
    const { resolvedType, type } = field;
    if (isMessageType(resolvedType)) {
      return this.message(resolvedType.fullName.slice(1), json, pointer, depth);
    }
    if (isEnumType(resolvedType)) return this.#enumValue(resolvedType, json, pointer);
    const value = scalarFromJson(type, json);
    if (typeof value !== "object" || value instanceof Uint8Array) return value;
    return this.#fault(pointer, `must be ${value.want}, not ${show(json)}`);
  }

  #enumValue(type: Enum, json: JsonValue, pointer: string): number | undefined {
    if (json === null && type.fullName === nullValue) return 0;
    if (typeof json === "number" && (json | 0) === json) return json;
    if (typeof json === "string" && Object.hasOwn(type.values, json)) return type.values[json];
    const names = Object.keys(type.values);
    const near = typeof json === "string" ? nearest(json, names) : undefined;
    return this.#fault(pointer, `must be one of ${names.join(", ")}, not ${show(json)}`, near);
  }

  #any(json: JsonObject, pointer: string, depth: number): MessageFields | undefined {
    // An empty object is an empty Any, as in `FilterConfig.config`.
    if (Object.keys(json).length === 0) return {};
    const typeUrl = json["@type"];
    if (typeof typeUrl !== "string" || typeUrl === "") {
      return this.#fault(pointer, 'must name its type with "@type"');
    }
    const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
    if (!isKnownType(type)) {
      const near = nearestType(type);
      const text = `the Envoy API has no message "${type}"`;
      return this.#fault(`${pointer}/@type`, text, near && typeUrlPrefix + near);
    }
    if (!typeUrl.includes("/")) {
      const text = `must be a URL such as "${typeUrlPrefix}${type}"`;
      return this.#fault(`${pointer}/@type`, text, typeUrlPrefix + type);
    }
    const message = hasOwnJsonForm(type)
      ? this.#anyValue(type, json, pointer, depth + 1)
      : this.#fields(type, json, pointer, depth + 1, "@type");
    if (message === undefined) return undefined;
    if (isTypedStruct(type)) this.#typedStruct(message, json, pointer, depth + 1);
    return { type_url: typeUrlPrefix + type, value: encodeByName(type, message) };
  }

  #anyValue(
    type: string,
    json: JsonObject,
    pointer: string,
    depth: number,
  ): MessageFields | undefined {
    for (const key of Object.keys(json)) {
      if (key === "@type" || key === "value") continue;
      this.#fault(`${pointer}/${escapeToken(key)}`, `${type} has only "value"`, "value", true);
    }
    return this.message(type, json["value"] ?? null, `${pointer}/value`, depth);
  }

  /** What a TypedStruct carries is read again as the message that it stands for. */
  #typedStruct(struct: MessageFields, json: JsonObject, pointer: string, depth: number): void {
    const typeUrl = String(struct["type_url"] ?? "");
    const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
    const content = json["value"];
    if (isKnownType(type) && isJsonObject(content) && struct["value"] !== undefined) {
      this.message(type, content, `${pointer}/value`, depth);
    }
  }
}

const nullValue = ".google.protobuf.NullValue";

/** Whether null is a value of the field, not its absence. */
function takesNull(field: Field): boolean {
  const name = field.resolvedType?.fullName;
  return !field.repeated && (name === ".google.protobuf.Value" || name === nullValue);
}

/** Weighted clusters name theirs in a field called `name`. */
function isWeightedCluster(type: string, fieldName: string): boolean {
  return fieldName === "name" && /\.WeightedCluster\.ClusterWeight$/.test(type);
}

/** Whether JSON has more than so many levels of lists and objects. Looks no deeper than that. */
function isDeeper(json: JsonValue, levels: number): boolean {
  if (typeof json !== "object" || json === null) return false;
  return levels < 1 || Object.values(json).some((item) => isDeeper(item, levels - 1));
}

/** The type that a mistyped name most likely meant; for one of an old API, the new one's. */
function nearestType(type: string): string | undefined {
  const names = messageNames().filter((name) => !retired.test(name));
  const simpleName = type.slice(type.lastIndexOf(".") + 1);
  const sameName = names.filter((name) => name.endsWith(`.${simpleName}`));
  return nearest(type, names) ?? (sameName.length === 1 ? sameName[0] : undefined);
}

const fieldNames = new WeakMap<Type, ReadonlyMap<string, Field>>();

/** The fields of a type, resolved, by both names that JSON may use. */
function fieldsOf(type: Type): ReadonlyMap<string, Field> {
  let fields = fieldNames.get(type);
  if (fields === undefined) {
    const resolved = type.fieldsArray.map((field) => field.resolve());
    fields = new Map(
      resolved.flatMap((field) => [
        [field.jsonName ?? field.name, field],
        [field.name, field],
      ]),
    );
    fieldNames.set(type, fields);
  }
  return fields;
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
