/** A value of JSON, as YAML and ProtoJSON documents hold it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object of JSON. Objects that come from documents inherit nothing: see {@link emptyJsonObject}. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Whether a value is a JSON object: neither null, nor an array, nor a scalar. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// As fast as a class, unlike `Object.create(null)`, whose properties V8 keeps in a hash table.
const Bare = function () {} as unknown as new () => Record<string, JsonValue>;
Bare.prototype = Object.freeze(Object.create(null));

/** A new object that inherits nothing, so that keys such as `constructor` or `__proto__` are only keys. */
export function emptyJsonObject(): Record<string, JsonValue> {
  return new Bare();
}

/** A value as messages show it: `the string "x"`, `the number 3`, `a list`, `nothing`. */
export function describeJson(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") {
    const short = value.length > 60 ? `${value.slice(0, 57)}...` : value;
    return value === "" ? "an empty string" : `the string ${JSON.stringify(short)}`;
  }
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return `the boolean ${value}`;
  return Array.isArray(value) ? "a list" : "a mapping";
}
