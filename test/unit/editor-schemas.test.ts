import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { loadAll } from "js-yaml";
import { generateEditorSchemas } from "../../scripts/generate-editor-schemas.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Compiles a schema of schemas/editor/ as an editor does: alone, and without our formats. */
function compile(kind: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const text = readFileSync(join(root, "schemas/editor", `${kind}.schema.json`), "utf8");
  return ajv.compile(JSON.parse(text) as object);
}

const folders = {
  upstream: "upstreams",
  "virtual-service": "virtualservices",
  role: "roles",
  attribute: "attributes",
} as const;

describe("schemas/editor/", () => {
  it("is what `npm run generate editor` makes", async () => {
    const files: string[] = [];
    await generateEditorSchemas(root, (file, text) => {
      files.push(file);
      const same = existsSync(file) && readFileSync(file, "utf8") === text;
      assert.ok(same, `${file} is out of date: npm run generate editor`);
    });
    assert.equal(files.length, Object.keys(folders).length);
  });

  for (const [kind, folder] of Object.entries(folders)) {
    it(`takes the sample's ${folder}, in every form`, () => {
      const validate = compile(kind);
      const files = readdirSync(join(root, "sample-repo", folder));
      assert.ok(files.length > 0);
      for (const file of files) {
        for (const object of loadAll(
          readFileSync(join(root, "sample-repo", folder, file), "utf8"),
        )) {
          assert.ok(validate(object), `${file}: ${JSON.stringify(validate.errors)}`);
        }
      }
    });
  }

  for (const [name, kind, object] of [
    [
      "a key of a plugin that is misspelled",
      "upstream",
      { name: "a", type: "static", spec: { host: [] } },
    ],
    [
      "the same in the Kubernetes form",
      "upstream",
      {
        apiVersion: "gloo.solo.io/v1",
        kind: "Upstream",
        metadata: { name: "a" },
        spec: { type: "static", spec: { host: [] } },
      },
    ],
    [
      "an extension that no plugin owns",
      "virtual-service",
      {
        name: "a",
        routes: [
          {
            request_matcher: { path_prefix: "/" },
            single_destination: { upstream: { name: "a" } },
            extensions: { timeuot: "1s" },
          },
        ],
      },
    ],
    ["config of listeners that no plugin owns", "role", { name: "a", config: { filters: [] } }],
    [
      "the same in an attribute",
      "attribute",
      { name: "a", listener_attribute: { config: { filters: [] } } },
    ],
  ] as const) {
    it(`refuses ${name}`, () => assert.equal(compile(kind)(object), false));
  }
});
