import type { JsonValue } from "../lib/json.js";

const integer = /^(?:u|s)?(?:int|fixed)(?:32|64)$|^sfixed(?:32|64)$/;

/** A scalar of ProtoJSON as protobufjs encodes it, or what it should be. */
export function scalarFromJson(
  type: string,
  json: JsonValue,
): string | number | boolean | Uint8Array | { readonly want: string } {
  if (integer.test(type)) return integerFromJson(type, json);
  switch (type) {
    case "string":
      return typeof json === "string" ? json : { want: "a text" };
    case "bool":
      return typeof json === "boolean" ? json : { want: "true or false" };
    case "bytes":
      if (typeof json !== "string" || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(json)) {
        return { want: "a base64 text" };
      }
      return Buffer.from(json, "base64");
  }
  if (typeof json === "number") return json;
  if (json === "NaN" || json === "Infinity" || json === "-Infinity") return Number(json);
  return { want: "a number" };
}

function integerFromJson(type: string, json: JsonValue): string | number | { want: string } {
  const isText = typeof json === "string" && /^-?\d{1,20}$/.test(json);
  if (!isText && !(typeof json === "number" && Number.isInteger(json))) {
    return { want: "a whole number" };
  }
  const bits = type.endsWith("64") ? 64n : 32n;
  const unsigned = type.startsWith("u") || type.startsWith("fixed");
  const [min, max] = unsigned
    ? [0n, (1n << bits) - 1n]
    : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  const value = BigInt(json);
  if (value < min || value > max) return { want: `between ${min} and ${max}` };
  if (typeof json === "number" && !Number.isSafeInteger(json)) {
    return { want: "in quotes, since numbers of this size lose digits" };
  }
  // protobufjs encodes 64-bit integers from decimal text without losing digits.
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** Whether a key of a JSON object is one of a map with such keys. */
export function isMapKey(keyType: string, key: string): boolean {
  if (keyType === "string") return true;
  if (keyType === "bool") return key === "true" || key === "false";
  return typeof integerFromJson(keyType, key) !== "object";
}
