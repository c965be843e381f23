import type { JsonValue } from "../lib/json.js";
import { isJsonObject } from "../lib/json.js";

/** A message in the shape that protobufjs encodes. */
export type MessageFields = Record<string, unknown>;

/** Seconds and nanoseconds, as `google.protobuf.Duration` and `Timestamp` have them. */
interface Instant {
  readonly seconds?: unknown;
  readonly nanos?: number;
}

/** `google.protobuf.Duration` as ProtoJSON spells it: 0, 3, 6 or 9 digits after the point, then "s". */
export function durationToJson(value: object): string {
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

/** `google.protobuf.Timestamp` in RFC 3339, in UTC. */
export function timestampToJson(value: object): string {
  const { seconds = 0, nanos = 0 } = value as Instant;
  const second = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${second}${fraction(nanos)}Z`;
}

/** Reads an RFC 3339 time; undefined if it is none. */
export function timestampFromJson(text: string): MessageFields | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms)) return undefined;
  return { seconds: Math.floor(ms / 1000), nanos: Number((match[2] ?? "").padEnd(9, "0")) };
}

/** `google.protobuf.Value`, `Struct` and `ListValue` as the JSON that they stand for. */
export function valueToJson(value: object): JsonValue {
  const fields = value as MessageFields;
  if ("struct_value" in fields) return structToJson(fields["struct_value"] as object);
  if ("list_value" in fields) return listToJson(fields["list_value"] as object);
  for (const key of ["string_value", "number_value", "bool_value"]) {
    if (key in fields) return fields[key] as JsonValue;
  }
  return null;
}

export function structToJson(value: object): JsonValue {
  const fields = (value as { fields?: Record<string, object> }).fields ?? {};
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, valueToJson(item)]));
}

export function listToJson(value: object): JsonValue {
  return ((value as { values?: readonly object[] }).values ?? []).map(valueToJson);
}

export function valueFromJson(json: JsonValue): MessageFields {
  if (json === null) return { null_value: 0 };
  if (typeof json === "string") return { string_value: json };
  if (typeof json === "number") return { number_value: json };
  if (typeof json === "boolean") return { bool_value: json };
  return isJsonObject(json)
    ? { struct_value: structFromJson(json) }
    : { list_value: listFromJson(json) };
}

export function structFromJson(json: { readonly [key: string]: JsonValue }): MessageFields {
  const fields = Object.entries(json).map(([key, item]) => [key, valueFromJson(item)] as const);
  return { fields: Object.fromEntries(fields) };
}

export function listFromJson(json: readonly JsonValue[]): MessageFields {
  return { values: json.map(valueFromJson) };
}
