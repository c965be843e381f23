import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { JsonObject, JsonValue } from "../lib/json.js";
import type { Finding } from "./finding.js";
import type { Format } from "./formats.js";
import type { LanguageSchemas } from "./language-schemas.js";
import { findingsOf, type FindingContext } from "./schema-findings.js";

/** Checks values against the schemas of the language. */
export interface SchemaCheck {
  /** What is wrong with a value in canonical form, given the schema it should have. */
  check(value: JsonValue, schema: JsonObject): readonly Finding[];
}

const annotations = [
  "aliases",
  "filled",
  "ignored",
  "opaque",
  "secret",
  "struct",
  "types",
  "wrapper",
].map((name) => `x-gloo-${name}`);

/**
 * Creates the check. A schema is compiled when a value is first checked against it, so that a small
 * tree does not pay for what it does not use.
 */
export function createSchemaCheck(
  schemas: LanguageSchemas,
  formats: ReadonlyMap<string, Format>,
): SchemaCheck {
  const ajv = new Ajv2020({
    strict: true,
    // A choice such as `oneOf: [{ required: [a] }, { required: [b] }]` has its properties outside.
    strictRequired: false,
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    discriminator: true,
    // A test compares every schema with the meta-schema; compiling that one here would take 50 ms.
    meta: false,
    validateSchema: false,
  });
  for (const keyword of annotations) ajv.addKeyword(keyword);
  for (const [name, { fault }] of formats) {
    ajv.addFormat(name, { type: "string", validate: (text: string) => fault(text) === undefined });
  }
  for (const document of schemas.shared) ajv.addSchema(document);
  const compiled = new WeakMap<JsonObject, ValidateFunction>();
  const documents = createDocumentIndex(schemas.shared);
  const context: FindingContext = {
    formats,
    deref(own) {
      const document = documents.documentOf(own);
      if (typeof own["$ref"] !== "string" || document === undefined) return own;
      return { ...schemas.resolve(own["$ref"], document).schema, ...own };
    },
  };

  return {
    check(value, schema) {
      let validate = compiled.get(schema);
      if (validate === undefined) compiled.set(schema, (validate = ajv.compile(schema)));
      if (validate(value)) return [];
      documents.add(schema);
      return findingsOf(validate.errors ?? [], context);
    },
  };
}

/** Knows the document of each part of a schema. Made when there is something to report. */
function createDocumentIndex(shared: readonly JsonObject[]) {
  const index = new WeakMap<object, JsonObject>();
  const addParts = (part: unknown, document: JsonObject): void => {
    if (typeof part !== "object" || part === null || index.has(part)) return;
    index.set(part, document);
    for (const inner of Object.values(part)) addParts(inner, document);
  };
  return {
    documentOf: (part: JsonObject): JsonObject | undefined => index.get(part),
    add(document: JsonObject): void {
      for (const one of [...shared, document]) addParts(one, one);
    },
  };
}
