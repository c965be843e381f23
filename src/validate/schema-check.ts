import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { JsonObject, JsonValue } from "../lib/json.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { Finding } from "./finding.js";
import type { Format } from "./formats.js";
import type { LanguageSchemas } from "./language-schemas.js";
import { findingsOf, type FindingContext } from "./schema-findings.js";

/** Checks values against the schemas of the language. */
export interface SchemaCheck {
  /** What is wrong with a value in canonical form, given the schema it should have. */
  check(value: JsonValue, schema: JsonObject): readonly Finding[];
}

/**
 * Creates the check. A schema is compiled when a value is first checked against it, so that a small
 * tree does not pay for what it does not use.
 */
export function createSchemaCheck(
  schemas: LanguageSchemas,
  formats: ReadonlyMap<string, Format>,
): SchemaCheck {
  const compile = createCompiler(schemas, formats, true);
  let context: FindingContext | undefined;
  return {
    check(value, schema) {
      const validate = compile(schema);
      if (validate(value)) return [];
      context ??= createContext(schemas, formats);
      return findingsOf(validate.errors ?? [], context);
    },
  };
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

/** Compiles each schema once. Documents that schemas refer to are those of the language. */
function createCompiler(
  schemas: LanguageSchemas,
  formats: ReadonlyMap<string, Format>,
  strict: boolean,
): (schema: JsonObject) => ValidateFunction {
  const ajv = new Ajv2020({
    strict,
    // A choice such as `oneOf: [{ required: [a] }, { required: [b] }]` has its properties outside.
    strictRequired: false,
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    discriminator: true,
    // A test compares every schema with the meta-schema; compiling that one here would take 50 ms.
    meta: false,
    validateSchema: false,
    // Most schemas are compiled for a few values: making their code shorter takes longer than running it.
    code: { optimize: false },
  });
  for (const keyword of annotations) ajv.addKeyword(keyword);
  for (const [name, { fault }] of formats) {
    ajv.addFormat(name, { type: "string", validate: (text: string) => fault(text) === undefined });
  }
  for (const document of schemas.shared) ajv.addSchema(document);
  const compiled = new WeakMap<JsonObject, ValidateFunction>();
  return (schema) => {
    let validate = compiled.get(schema);
    if (validate === undefined) compiled.set(schema, (validate = ajv.compile(schema)));
    return validate;
  };
}

/** What the making of findings asks for. Created with the first mistake. */
function createContext(
  schemas: LanguageSchemas,
  formats: ReadonlyMap<string, Format>,
): FindingContext {
  const places = createPartIndex(schemas);
  // A part of a schema, on its own, need not say all that strict mode asks for.
  const compile = createCompiler(schemas, formats, false);
  const references = new WeakMap<JsonObject, JsonObject>();
  return {
    formats,
    deref(part) {
      const { $ref } = part;
      const document = places.get(part)?.document;
      if (typeof $ref !== "string" || document === undefined) return part;
      return { ...schemas.resolve($ref, document).schema, ...part };
    },
    errorsOf(data, part): readonly ErrorObject[] {
      const place = places.get(part);
      if (place === undefined) return [];
      const { document, pointer } = place;
      const reference = references.get(part) ?? { $ref: `${String(document["$id"])}#${pointer}` };
      references.set(part, reference);
      compile(document);
      const validate = compile(reference);
      return validate(data) ? [] : (validate.errors ?? []);
    },
  };
}

interface Place {
  readonly document: JsonObject;
  readonly pointer: JsonPointer;
}

/** Knows where the parts of schemas stand. */
function createPartIndex(schemas: LanguageSchemas) {
  const index = new WeakMap<object, Place>();
  const add = (part: unknown, document: JsonObject, pointer: JsonPointer): void => {
    if (typeof part !== "object" || part === null || index.has(part)) return;
    index.set(part, { document, pointer });
    for (const [key, inner] of Object.entries(part)) add(inner, document, pointerOf(pointer, key));
  };
  return {
    get(part: JsonObject): Place | undefined {
      // Documents are put together as they are needed.
      if (!index.has(part)) for (const document of schemas.documents()) add(document, document, "");
      return index.get(part);
    },
  };
}
