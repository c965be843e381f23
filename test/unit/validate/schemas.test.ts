import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/lib/json.js";
import { kinds } from "../../../src/model/resource.js";
import { readSchema } from "../../../src/model/schema-files.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { createFormats } from "../../../src/validate/formats.js";
import { createLanguageSchemas } from "../../../src/validate/language-schemas.js";
import { normalize } from "../../../src/validate/normalize.js";
import { createSchemaCheck } from "../../../src/validate/schema-check.js";
import { createShapes } from "../../../src/validate/shape.js";

const plugins = createPluginSet(builtinPlugins);
const schemas = createLanguageSchemas(plugins);
const formats = createFormats(100);
const schemaCheck = createSchemaCheck(schemas, formats);

const ownFolders = ["", "plugins/"];
const files = ownFolders.flatMap((folder) =>
  readdirSync(new URL(`../../../schemas/${folder}`, import.meta.url))
    .filter((name) => name.endsWith(".schema.json"))
    .map((name) => folder + name.replace(".schema.json", "")),
);

/** Every schema within a schema, with its path. */
function* schemasIn(value: JsonValue, path: string): Generator<[string, JsonObject]> {
  if (!isJsonObject(value)) return;
  yield [path, value];
  for (const key of ["properties", "$defs"]) {
    const inner = value[key];
    if (!isJsonObject(inner)) continue;
    for (const [name, own] of Object.entries(inner)) yield* schemasIn(own, `${path}/${name}`);
  }
  for (const key of ["items", "additionalProperties"]) {
    yield* schemasIn(value[key] ?? null, `${path}/*`);
  }
}

describe("schemas/", () => {
  const meta = new Ajv2020({ strict: false });

  for (const name of files) {
    const schema = readSchema(name);

    it(`${name} is a JSON Schema with an id, a title and a description`, () => {
      assert.ok(meta.validateSchema(schema), meta.errorsText());
      assert.equal(schema["$id"], `https://gloo-gitops.dev/schemas/${name}.schema.json`);
      assert.ok(schema["title"] && schema["description"]);
    });

    if (name === "settings") continue;
    it(`${name} describes every key, and has formats that exist`, () => {
      for (const [path, own] of schemasIn(schema, name)) {
        const isReference = typeof own["$ref"] === "string";
        if (own["x-gloo-ignored"] !== true && !isReference && own["title"] !== undefined) {
          assert.ok(own["description"], `${path} has no description`);
        }
        const { format } = own;
        if (typeof format === "string") assert.ok(formats.has(format), `${path}: ${format}`);
      }
    });
  }

  it("compile in strict mode, for every kind and type", () => {
    const documents = [
      schemas.kubernetes,
      schemas.settings,
      ...kinds.map((kind) => schemas.objectSchema(kind)),
      ...[...plugins.upstreamPlugins.keys()].flatMap((upstream) => [
        schemas.objectSchema("Upstream", { upstream }),
        ...[...plugins.servicePlugins.keys()].map((service) =>
          schemas.objectSchema("Upstream", { upstream, service }),
        ),
      ]),
    ];
    for (const document of documents) {
      assert.ok(schemaCheck.check(7, document).length > 0, "a number has none of the kinds");
    }
  });

  it("have examples of objects that are valid", () => {
    const shapeOf = createShapes(schemas);
    for (const kind of kinds) {
      const types = kind === "Upstream" ? { upstream: "static" } : {};
      const schema = schemas.objectSchema(kind, types);
      const examples = schema["examples"] as readonly JsonObject[];
      assert.ok(examples.length > 0);
      for (const example of examples) {
        const value = normalize(example, shapeOf(schema), {});
        assert.deepEqual(schemaCheck.check(value, schema), [], JSON.stringify(example));
      }
    }
  });
});
