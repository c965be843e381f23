import type { ErrorObject } from "ajv";
import { describeJson, isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { nearest } from "../lib/nearest.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import { finding, type Finding } from "./finding.js";
import type { Format } from "./formats.js";
import { spellingsOf } from "./shape.js";

/** What making a finding of an error of ajv needs to know. */
export interface KeywordContext {
  readonly formats: ReadonlyMap<string, Format>;
  /** Follows the reference of a schema. */
  deref(schema: JsonObject): JsonObject;
}

/** What an error of any keyword but `oneOf` and `anyOf` means; undefined: nothing of its own. */
export function keywordFinding(error: ErrorObject, context: KeywordContext): Finding | undefined {
  const { keyword, propertyName } = error;
  // ajv's types leave out what each keyword's parameters hold.
  const params = error.params as Readonly<Record<string, unknown>>;
  const data = (error.data ?? null) as JsonValue;
  const schema: JsonObject = isJsonObject(error.parentSchema) ? error.parentSchema : {};
  // Of a key that is wrong itself, the pointer is that of its value.
  const pointer =
    propertyName === undefined ? error.instancePath : pointerOf(error.instancePath, propertyName);
  const at = propertyName === undefined ? "value" : "key";
  const limit = Number(params["limit"]);
  switch (keyword) {
    case "if":
    case "propertyNames":
      // What is wrong has an error of its own.
      return undefined;
    case "additionalProperties":
    case "unevaluatedProperties": {
      const key = String(params["additionalProperty"] ?? params["unevaluatedProperty"]);
      const keyPointer = pointerOf(pointer, key);
      return finding(
        "schema/unknown-key",
        unknownKeyParams(key, schema, context),
        keyPointer,
        "key",
      );
    }
    case "required": {
      const key = String(params["missingProperty"]);
      const example = exampleOf(key, schema, context);
      return finding("schema/missing-key", { key, ...(example && { example }) }, pointer);
    }
    case "dependentRequired": {
      const key = String(params["property"]);
      const needs = String(params["missingProperty"]);
      return finding("schema/needs-key", { key, needs }, pointerOf(pointer, key), "key");
    }
    case "type": {
      const types = [params["type"]].flat().map((type) => typeNames[String(type)] ?? String(type));
      const { examples } = schema;
      const example = Array.isArray(examples) ? shortText(examples[0] as JsonValue) : undefined;
      return finding(
        "schema/wrong-type",
        { expected: types.join(" or "), found: describeJson(data), ...(example && { example }) },
        pointer,
        at,
      );
    }
    case "format": {
      const format = context.formats.get(String(params["format"]));
      const text = String(data);
      if (format === undefined) break;
      const reason = format.fault(text) ?? "it does not have the form that is needed here";
      return finding(format.code, { text, reason }, pointer, at);
    }
    case "const":
    case "enum": {
      const allowed = keyword === "const" ? [params["allowedValue"]] : params["allowedValues"];
      return notOneOf(allowed as readonly JsonValue[], data, pointer);
    }
    case "discriminator": {
      const tag = String(params["tag"]);
      return finding(
        "schema/no-form-fits",
        { found: describeJson((params["tagValue"] ?? null) as JsonValue) },
        pointerOf(pointer, tag),
      );
    }
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      // Its type says so already.
      if (schema["type"] === "integer" && !Number.isInteger(data)) return undefined;
      return finding(
        "schema/out-of-range",
        { range: rangeText(schema), found: shortText(data) ?? describeJson(data) },
        pointer,
      );
    case "minLength":
    case "minItems":
    case "minProperties":
      if (limit !== 1) break;
      return finding(
        "schema/empty",
        { what: at === "key" ? "the key" : emptyThings[keyword] },
        pointer,
        at,
      );
    case "maxLength":
    case "maxItems":
    case "maxProperties":
      return finding("schema/too-long", { limit, unit: units[keyword] }, pointer, at);
    case "uniqueItems": {
      const [first, second] = [Number(params["j"]), Number(params["i"])].sort((a, b) => a - b);
      const items = { first: first ?? 0, second: second ?? 0 };
      return finding("schema/duplicate-item", items, pointerOf(pointer, items.second));
    }
    case "false schema":
      return finding("schema/violated", { reason: "nothing may stand here" }, pointer, at);
    case "pattern": {
      const { description } = schema;
      if (typeof description !== "string") break;
      const reason = `expected ${clause(description)}, found ${describeJson(data)}`;
      return finding("schema/violated", { reason }, pointer, at);
    }
  }
  return finding("schema/violated", { reason: error.message ?? keyword }, pointer, at);
}

const typeNames: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "a boolean",
  null: "nothing",
};

const emptyThings = {
  minLength: "the text",
  minItems: "the list",
  minProperties: "the mapping",
} as const;

const units = { maxLength: "characters", maxItems: "items", maxProperties: "keys" } as const;

function unknownKeyParams(key: string, schema: JsonObject, { deref }: KeywordContext) {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const known: string[] = [];
  const spellings = new Map<string, string>();
  for (const [name, own] of Object.entries(properties)) {
    const target = isJsonObject(own) ? deref(own) : {};
    if (target["x-gloo-ignored"] !== true) known.push(name);
    for (const spelling of [name, ...spellingsOf(name, target)]) spellings.set(spelling, name);
  }
  const near = spellings.get(nearest(key, spellings.keys()) ?? "");
  return { key, keys: known.join(", "), ...(near !== undefined && { near }) };
}

/** `key: value` with the first example that the schema of the key has. */
function exampleOf(key: string, schema: JsonObject, context: KeywordContext): string | undefined {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const own = properties[key];
  if (!isJsonObject(own)) return undefined;
  const { examples = context.deref(own)["examples"] } = own;
  const example = Array.isArray(examples) ? shortText(examples[0] as JsonValue) : undefined;
  return example === undefined ? undefined : `${key}: ${example}`;
}

/** A value in YAML's flow style; undefined if it is long. */
function shortText(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text =
    typeof value === "string" && /^[a-z0-9][\w.-]*$/i.test(value) && Number.isNaN(Number(value))
      ? value
      : JSON.stringify(value);
  return text.length > 80 ? undefined : text;
}

function notOneOf(allowed: readonly JsonValue[], found: JsonValue, pointer: JsonPointer): Finding {
  const texts = allowed.map((value) => JSON.stringify(value));
  const shown = texts.length > 12 ? [...texts.slice(0, 12), "..."] : texts;
  const near =
    typeof found === "string"
      ? nearest(
          found,
          allowed.filter((value) => typeof value === "string"),
        )
      : undefined;
  const params = {
    allowed: shown.length === 1 ? (shown[0] ?? "") : `one of ${shown.join(", ")}`,
    found: describeJson(found),
    ...(near !== undefined && { near }),
  };
  return finding("schema/not-one-of", params, pointer);
}

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonObject): string {
  if (typeof minimum === "number" && typeof maximum === "number") return `${minimum} to ${maximum}`;
  if (typeof minimum === "number") return `at least ${minimum}`;
  if (typeof maximum === "number") return `at most ${maximum}`;
  if (typeof exclusiveMinimum === "number") return `more than ${exclusiveMinimum}`;
  return `less than ${String(exclusiveMaximum)}`;
}

/** A description as part of a sentence. */
function clause(description: string): string {
  return (description.slice(0, 1).toLowerCase() + description.slice(1)).replace(/\.$/, "");
}
