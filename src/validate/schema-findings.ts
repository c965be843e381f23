import type { ErrorObject } from "ajv";
import { describeJson, isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { nearest } from "../lib/nearest.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import { finding, type Finding } from "./finding.js";
import type { Format } from "./formats.js";
import { spellingsOf } from "./shape.js";

/** What making findings of ajv's errors needs to know. */
export interface FindingContext {
  readonly formats: ReadonlyMap<string, Format>;
  /** Follows the references of a schema. */
  deref(schema: JsonObject): JsonObject;
}

/** An error, or what several were found to mean. */
interface Entry {
  readonly findings: readonly Finding[];
  readonly instancePath: JsonPointer;
  readonly schemaPath: string;
  readonly keyword: string;
}

/**
 * What ajv's errors mean for the user. The only place that knows ajv's errors: of a failed `oneOf` or
 * `anyOf` the useful ones are kept, and what follows from another mistake is left out.
 */
export function findingsOf(
  errors: readonly ErrorObject[],
  context: FindingContext,
): readonly Finding[] {
  const entries: Entry[] = [];
  for (const error of errors) {
    // Their own errors come before them.
    if (error.keyword === "if" || error.keyword === "propertyNames") continue;
    const { instancePath, schemaPath, keyword } = error;
    const isChoice = keyword === "oneOf" || keyword === "anyOf";
    const findings = isChoice
      ? choiceFindings(error, takeBranches(entries, error))
      : plainFindings(error, context);
    entries.push({ findings, instancePath, schemaPath, keyword });
  }
  return withoutConsequences(entries.flatMap(({ findings }) => findings));
}

/** Takes the errors of the branches of a choice off the end of `entries`, each with its branch. */
function takeBranches(entries: Entry[], choice: ErrorObject): ReadonlyMap<number, Entry[]> {
  const branches = new Map<number, Entry[]>();
  const references = schemasOf(choice).map((branch) => referenceOf(branch));
  let branch = references.length - 1;
  for (let last = entries.at(-1); last !== undefined; last = entries.at(-1)) {
    const { instancePath, schemaPath } = last;
    const inside = schemaPath.startsWith(`${choice.schemaPath}/`)
      ? Number.parseInt(schemaPath.slice(choice.schemaPath.length + 1), 10)
      : references.findLastIndex(
          (reference, index) =>
            index <= branch && reference !== undefined && schemaPath.startsWith(`${reference}/`),
        );
    const isDeeper = instancePath.startsWith(`${choice.instancePath}/`);
    if (inside >= 0 && (isDeeper || instancePath === choice.instancePath)) branch = inside;
    else if (!isDeeper) break;
    entries.pop();
    branches.set(branch, [last, ...(branches.get(branch) ?? [])]);
  }
  return branches;
}

function choiceFindings(
  error: ErrorObject,
  branches: ReadonlyMap<number, readonly Entry[]>,
): readonly Finding[] {
  const { instancePath, data } = error;
  const keySets = schemasOf(error).map(requiredKeys);
  if (keySets.every((keys) => keys !== undefined)) {
    // Something that is no object is told so by its type.
    if (!isJsonObject(data)) return [];
    const found = keySets.filter((keys) => keys.every((key) => Object.hasOwn(data, key)));
    const params = {
      keys: quotedList(keySets.flat()),
      ...(found.length > 0 && { found: quotedList(found.flat(), "and") }),
    };
    return [finding("schema/exactly-one", params, instancePath)];
  }
  // A branch whose own type or constant does not fit was not the one that was meant.
  const meant = [...branches.values()].filter((entries) =>
    entries.every(
      ({ keyword, instancePath: at }) =>
        !(keyword === "type" && at === instancePath) && keyword !== "const",
    ),
  );
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only.flatMap(({ findings }) => findings);
  const params = { found: describeJson(data as JsonValue) };
  return [finding("schema/no-form-fits", params, instancePath)];
}

/** The keys of a schema that says no more than that they are required. */
function requiredKeys(schema: JsonObject): readonly string[] | undefined {
  const { required } = schema;
  if (!Array.isArray(required) || Object.keys(schema).length !== 1) return undefined;
  return (required as readonly JsonValue[]).map(String);
}

function schemasOf({ schema }: ErrorObject): readonly JsonObject[] {
  return Array.isArray(schema) ? schema.map((own) => (isJsonObject(own) ? own : {})) : [];
}

function referenceOf({ $ref }: JsonObject): string | undefined {
  return typeof $ref === "string" ? $ref : undefined;
}

function plainFindings(error: ErrorObject, context: FindingContext): readonly Finding[] {
  const found = plainFinding(error, context);
  return found === undefined ? [] : [found];
}

function plainFinding(error: ErrorObject, context: FindingContext): Finding | undefined {
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
      return finding(
        "schema/out-of-range",
        { range: rangeText(schema), found: shortText(data) ?? describeJson(data) },
        pointer,
      );
    case "minLength":
    case "minItems":
    case "minProperties":
      if (limit !== 1) break;
      return finding("schema/empty", { what: emptyThings[keyword] }, pointer, at);
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
      const reason = `${describeJson(data)} is not possible here: ${sentence(description)}`;
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

function unknownKeyParams(key: string, schema: JsonObject, { deref }: FindingContext) {
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
function exampleOf(key: string, schema: JsonObject, context: FindingContext): string | undefined {
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

function quotedList(names: readonly string[], last = "or"): string {
  const quoted = names.map((name) => `"${name}"`);
  const end = quoted.pop() ?? "";
  if (quoted.length === 0) return end;
  return last === "or" ? [...quoted, end].join(", ") : `${quoted.join(", ")} ${last} ${end}`;
}

function sentence(description: string): string {
  return description.replace(/\.$/, "");
}

/**
 * Leaves out that a key is missing where the same object has an unknown key that was most likely meant
 * to be it: one slip, one diagnostic.
 */
function withoutConsequences(findings: readonly Finding[]): readonly Finding[] {
  const meant = new Set<string>();
  for (const { code, params, pointer } of findings) {
    if (code !== "schema/unknown-key" || !("near" in params)) continue;
    meant.add(`${pointer.slice(0, pointer.lastIndexOf("/"))} "${String(params.near)}"`);
  }
  if (meant.size === 0) return findings;
  return findings.filter(({ code, params, pointer }) => {
    if (code === "schema/missing-key" && "key" in params) {
      return !meant.has(`${pointer} "${String(params.key)}"`);
    }
    if (code !== "schema/exactly-one" || !("keys" in params) || "found" in params) return true;
    return !String(params.keys)
      .split(", ")
      .some((key) => meant.has(`${pointer} ${key}`));
  });
}
