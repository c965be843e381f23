import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { load } from "js-yaml";
import { parseProtoJson } from "../../../src/envoy/parse-proto-json.js";
import { checkRules } from "../../../src/envoy/rules.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/lib/json.js";

const root = new URL("../../../", import.meta.url);
const schemaBase = "https://gloo-gitops.dev/schemas/";

// The formats are the validate stage's own; here it is about the shape.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
const schemas = new Map<string, JsonObject>();
for (const name of readdirSync(new URL("schemas/", root), { recursive: true }).map(String)) {
  if (!name.endsWith(".schema.json")) continue;
  const schema = JSON.parse(readFileSync(new URL(`schemas/${name}`, root), "utf8")) as JsonObject;
  schemas.set(name, schema);
  ajv.addSchema(schema);
}

const folders: Readonly<Record<string, string>> = {
  upstreams: "upstream.schema.json",
  virtualservices: "virtual-service.schema.json",
  roles: "role.schema.json",
  attributes: "attribute.schema.json",
  teams: "config.schema.json",
};

function expectValid(schema: string, value: unknown): void {
  const valid = ajv.validate(schemaBase + schema, value);
  assert.ok(valid, `${schema}: ${ajv.errorsText()}`);
}

/** Every object in a value, at any depth. */
function* objectsIn(value: JsonValue): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value as JsonValue[]) yield* objectsIn(item);
  else if (isJsonObject(value)) {
    yield value;
    for (const item of Object.values(value)) yield* objectsIn(item);
  }
}

const files = readdirSync(new URL("sample-repo/", root), { recursive: true })
  .map(String)
  .filter((name) => /\.(?:yaml|json)$/.test(name))
  .sort();

describe("sample-repo", () => {
  it("shows the language in about a dozen files", () => {
    assert.ok(files.length >= 10 && files.length <= 16, files.join(" "));
  });

  for (const file of files) {
    const text = readFileSync(new URL(`sample-repo/${file}`, root), "utf8");
    const value = load(text) as JsonObject;

    it(`${file} is of the language`, () => {
      const schema = folders[file.split("/")[0] ?? ""] ?? "gloo-yaml.schema.json";
      if (value["apiVersion"] === undefined) {
        expectValid(schema, value);
        return;
      }
      expectValid("kubernetes.schema.json", value);
      const { name } = value["metadata"] as { readonly name: string };
      expectValid(schema, { name, ...(value["spec"] as JsonObject) });
    });

    it(`${file} has specs, extensions and filters that some plugin owns`, () => {
      for (const object of objectsIn(value)) {
        if (object["type"] === "static")
          expectValid("plugins/upstream-static.schema.json", object["spec"]);
        if (isJsonObject(object["extensions"]))
          expectOwnedKeys(object["extensions"], /^(?:route-|envoy-)/);
        if (isJsonObject(object["config"])) expectOwnedKeys(object["config"], /^http-filters/);
        if (typeof object["@type"] !== "string") continue;
        const { message, problems } = parseProtoJson("google.protobuf.Any", object);
        assert.deepEqual(problems, []);
        assert.deepEqual(checkRules("google.protobuf.Any", message), []);
      }
    });
  }
});

/** Each key is a property of one plugin's schema, and its value is as that schema says. */
function expectOwnedKeys(object: JsonObject, plugins: RegExp): void {
  for (const [key, value] of Object.entries(object)) {
    const owners = [...schemas].filter(
      ([name, { properties }]) =>
        plugins.test(name.replace("plugins/", "")) && isJsonObject(properties) && key in properties,
    );
    assert.equal(owners.length, 1, `"${key}" has ${owners.length} owners`);
    expectValid(owners[0]?.[0] ?? "", { [key]: value });
  }
}
