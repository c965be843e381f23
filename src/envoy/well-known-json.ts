import { isJsonObject, type JsonValue } from "../lib/json.js";
import type { MessageFields } from "./message-fields.js";
import { isWrapper } from "./protobuf.js";

/** Seconds and nanoseconds, as `google.protobuf.Duration` and `Timestamp` have them. */
interface Instant {
  readonly seconds?: unknown;
  readonly nanos?: number;
}

/** `google.protobuf.Duration` as ProtoJSON spells it: 0, 3, 6 or 9 digits after the point, then "s". */
function durationToJson(value: object): string {
  const { seconds = 0, nanos = 0 } = value as Instant;
  const whole = Number(seconds);
  const sign = whole < 0 || nanos < 0 ? "-" : "";
  return `${sign}${Math.abs(whole)}${fraction(Math.abs(nanos))}s`;
}

function fraction(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  const short = digits.endsWith("000000") ? 3 : digits.endsWith("000") ? 6 : 9;
  return `.${digits.slice(0, short)}`;
}

/** Reads "1.5s"; undefined if it is no duration of ProtoJSON. */
export function durationFromJson(text: string): MessageFields | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, decimals] = match;
  const factor = sign === "-" ? -1 : 1;
  const seconds = factor * Number(whole);
  const nanos = factor * Number((decimals ?? "").padEnd(9, "0"));
  return Math.abs(seconds) > 315_576_000_000
    ? undefined
    : { ...(seconds !== 0 && { seconds }), ...(nanos !== 0 && { nanos }) };
}

/** The seconds of the years 1 to 9999, which a `google.protobuf.Timestamp` may hold. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;

/** `google.protobuf.Timestamp` in RFC 3339, in UTC; null if no calendar has it. */
function timestampToJson(value: object): string | null {
  const { seconds = 0, nanos = 0 } = value as Instant;
  const whole = Number(seconds);
  if (!(whole >= firstSecond && whole <= lastSecond)) return null;
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z`;
}

/** Reads an RFC 3339 time; undefined if it is none. */
export function timestampFromJson(text: string): MessageFields | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [, local = "", decimals = "", zone = ""] = match;
  const seconds = Date.parse(local + zone) / 1000;
  // Date.parse() takes 30 February for 2 March.
  const isReal = !Number.isNaN(seconds) && toText(Date.parse(`${local}Z`)) === local;
  if (!isReal || seconds < firstSecond || seconds > lastSecond) return undefined;
  const nanos = Number(decimals.padEnd(9, "0"));
  return { ...(seconds !== 0 && { seconds }), ...(nanos !== 0 && { nanos }) };
}

function toText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

/** `google.protobuf.FieldMask` as ProtoJSON spells it: lowerCamelCase paths, with commas between. */
function fieldMaskToJson(value: object): string {
  const { paths = [] } = value as { paths?: readonly string[] };
  return paths.map(lowerCamel).join(",");
}

/** Reads a field mask whose paths are in lowerCamelCase or snake_case. */
export function fieldMaskFromJson(text: string): MessageFields {
  const snake = text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return snake === "" ? {} : { paths: snake.split(",") };
}

/** The JSON name of a field: `connect_timeout` is `connectTimeout`. */
function lowerCamel(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `google.protobuf.Value`, `Struct` and `ListValue` as the JSON that they stand for. */
function valueToJson(value: object): JsonValue {
  const fields = value as MessageFields;
  const has = (key: string): boolean => Object.hasOwn(fields, key);
  if (has("struct_value")) return structToJson(fields["struct_value"] as object);
  if (has("list_value")) return listToJson(fields["list_value"] as object);
  if (has("number_value")) return numberToJson(Number(fields["number_value"]));
  for (const key of ["string_value", "bool_value"]) {
    if (has(key)) return fields[key] as JsonValue;
  }
  return null;
}

/** A double as ProtoJSON shows it: what JSON has no number for is a text. */
export function numberToJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** A `google.protobuf.Struct` as a JSON object. */
export function structToJson(value: object): JsonValue {
  const fields = (value as { fields?: Record<string, object> }).fields ?? {};
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, valueToJson(item)]));
}

/** A `google.protobuf.ListValue` as a JSON list. */
function listToJson(value: object): JsonValue {
  return ((value as { values?: readonly object[] }).values ?? []).map(valueToJson);
}

/** Any JSON value as a `google.protobuf.Value`. */
export function valueFromJson(json: JsonValue): MessageFields {
  if (json === null) return { null_value: 0 };
  if (typeof json === "string") return { string_value: json };
  if (typeof json === "number") return { number_value: json };
  if (typeof json === "boolean") return { bool_value: json };
  return isJsonObject(json)
    ? { struct_value: structFromJson(json) }
    : { list_value: listFromJson(json) };
}

/** A JSON object as a `google.protobuf.Struct`. */
export function structFromJson(json: { readonly [key: string]: JsonValue }): MessageFields {
  const fields = Object.entries(json).map(([key, item]) => [key, valueFromJson(item)] as const);
  return { fields: Object.fromEntries(fields) };
}

/** A JSON list as a `google.protobuf.ListValue`. */
export function listFromJson(json: readonly JsonValue[]): MessageFields {
  return { values: json.map(valueFromJson) };
}

const toJson: Readonly<Record<string, (value: object) => JsonValue>> = {
  "google.protobuf.Duration": durationToJson,
  "google.protobuf.Timestamp": timestampToJson,
  "google.protobuf.Struct": structToJson,
  "google.protobuf.Value": valueToJson,
  "google.protobuf.ListValue": listToJson,
  "google.protobuf.FieldMask": fieldMaskToJson,
};

/** How to show a type whose ProtoJSON is not an object of its fields; undefined: it is not one. */
export function wellKnownToJson(type: string): ((value: object) => JsonValue) | undefined {
  return Object.hasOwn(toJson, type) ? toJson[type] : undefined;
}

/** Whether a type's ProtoJSON is not an object of its fields, so that an Any nests it in `value`. */
export function hasOwnJsonForm(type: string): boolean {
  return isWrapper(type) || Object.hasOwn(toJson, type) || type === "google.protobuf.Any";
}
