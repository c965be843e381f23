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

/** An error of ajv, as the functions below need it. */
interface KeywordError {
  readonly params: Readonly<Record<string, unknown>>;
  readonly data: JsonValue;
  /** The schema that has the keyword. */
  readonly schema: JsonObject;
  /** Of a key that is wrong itself, that of its value. */
  readonly pointer: JsonPointer;
  readonly at: "key" | "value";
}

type MakeFinding = (error: KeywordError, context: KeywordContext) => Finding | undefined;

/** What an error of any keyword but `oneOf` and `anyOf` means; undefined: nothing of its own. */
export function keywordFinding(error: ErrorObject, context: KeywordContext): Finding | undefined {
  const { keyword, propertyName, instancePath, parentSchema } = error;
  // What is wrong has an error of its own.
  if (keyword === "if" || keyword === "propertyNames") return undefined;
  const isKey = propertyName !== undefined;
  const own: KeywordError = {
    // ajv's types leave out what each keyword's parameters hold.
    params: error.params as KeywordError["params"],
    data: (error.data ?? null) as JsonValue,
    schema: isJsonObject(parentSchema) ? parentSchema : {},
    pointer: isKey ? pointerOf(instancePath, propertyName) : instancePath,
    at: isKey ? "key" : "value",
  };
  const make = makers[keyword];
  if (make !== undefined) return make(own, context);
  return finding("schema/violated", { reason: error.message ?? keyword }, own.pointer, own.at);
}

const outOfRange: MakeFinding = ({ data, schema, pointer }) => {
  // Its type says so already.
  if (schema["type"] === "integer" && !Number.isInteger(data)) return undefined;
  const found = shortText(data) ?? describeJson(data);
  return finding("schema/out-of-range", { range: rangeText(schema), found }, pointer);
};

const tooFew =
  (what: string, items: string): MakeFinding =>
  ({ params, pointer, at }) => {
    const limit = Number(params["limit"]);
    if (limit === 1) {
      return finding("schema/empty", { what: at === "key" ? "the key" : what }, pointer, at);
    }
    const reason = `${what} must have at least ${limit} ${items}`;
    return finding("schema/violated", { reason }, pointer, at);
  };

const tooMany =
  (unit: string): MakeFinding =>
  ({ params, pointer, at }) =>
    finding("schema/too-long", { limit: Number(params["limit"]), unit }, pointer, at);

const unknownKey: MakeFinding = ({ params, schema, pointer }, context) => {
  const key = String(params["additionalProperty"] ?? params["unevaluatedProperty"]);
  const about = unknownKeyParams(key, schema, context);
  return finding("schema/unknown-key", about, pointerOf(pointer, key), "key");
};

const makers: Readonly<Record<string, MakeFinding>> = {
  additionalProperties: unknownKey,
  unevaluatedProperties: unknownKey,
  required({ params, schema, pointer }, context) {
    const key = String(params["missingProperty"]);
    const example = exampleOf(key, schema, context);
    return finding("schema/missing-key", { key, ...(example && { example }) }, pointer);
  },
  dependentRequired({ params, pointer }) {
    const key = String(params["property"]);
    const needs = String(params["missingProperty"]);
    return finding("schema/needs-key", { key, needs }, pointerOf(pointer, key), "key");
  },
  type({ params, data, schema, pointer, at }) {
    const types = [params["type"]].flat().map((type) => typeNames[String(type)] ?? String(type));
    const example = firstExample(schema);
    const about = { expected: types.join(" or "), found: describeJson(data) };
    return finding("schema/wrong-type", { ...about, ...(example && { example }) }, pointer, at);
  },
  format({ params, data, pointer, at }, { formats }) {
    const format = formats.get(String(params["format"]));
    if (format === undefined) return undefined;
    const text = String(data);
    const reason = format.fault(text) ?? "it does not have the form that is needed here";
    return finding(format.code, { text, reason }, pointer, at);
  },
  const: ({ params, data, pointer }) =>
    // The schema is JSON, and so is the constant in it.
    notOneOf([params["allowedValue"] as JsonValue], data, pointer),
  enum: ({ params, data, pointer }) =>
    notOneOf(params["allowedValues"] as readonly JsonValue[], data, pointer),
  discriminator({ params, schema, pointer }, context) {
    const tag = String(params["tag"]);
    const found = (params["tagValue"] ?? null) as JsonValue;
    return notOneOf(tagsOf(tag, schema, context), found, pointerOf(pointer, tag));
  },
  minimum: outOfRange,
  maximum: outOfRange,
  exclusiveMinimum: outOfRange,
  exclusiveMaximum: outOfRange,
  minLength: tooFew("the text", "characters"),
  minItems: tooFew("the list", "items"),
  minProperties: tooFew("the mapping", "keys"),
  maxLength: tooMany("characters"),
  maxItems: tooMany("items"),
  maxProperties: tooMany("keys"),
  uniqueItems({ params, pointer }) {
    const [first = 0, second = 0] = [Number(params["j"]), Number(params["i"])].sort(
      (a, b) => a - b,
    );
    return finding("schema/duplicate-item", { first, second }, pointerOf(pointer, second));
  },
  "false schema": ({ pointer, at }) =>
    finding("schema/violated", { reason: "nothing may stand here" }, pointer, at),
  pattern({ params, data, schema: { description }, pointer, at }) {
    const wanted =
      typeof description === "string"
        ? clause(description)
        : `a text that matches ${String(params["pattern"])}`;
    const reason = `expected ${wanted}, found ${describeJson(data)}`;
    return finding("schema/violated", { reason }, pointer, at);
  },
};

/** The values of the key that tells the branches of a choice apart. */
function tagsOf(tag: string, { oneOf }: JsonObject, { deref }: KeywordContext): JsonValue[] {
  const branches = (Array.isArray(oneOf) ? oneOf : []).filter(isJsonObject).map(deref);
  return branches.flatMap(({ properties }) => {
    const own = isJsonObject(properties) ? properties[tag] : undefined;
    if (!isJsonObject(own)) return [];
    const all = own["const"] === undefined ? own["enum"] : [own["const"]];
    return Array.isArray(all) ? (all as JsonValue[]) : [];
  });
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
  const example = firstExample(own) ?? firstExample(context.deref(own));
  return example === undefined ? undefined : `${key}: ${example}`;
}

function firstExample({ examples }: JsonObject): string | undefined {
  return Array.isArray(examples) ? shortText(examples[0] as JsonValue) : undefined;
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
