import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { decodeByName, unwrapAny } from "../../../src/envoy/codec.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { createPipeline } from "../../../src/pipeline.js";
import type { TranslationPlugin } from "../../../src/plugin.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import { treeOf } from "../../support/tree.js";

const folder = mkdtempSync(join(tmpdir(), "gloo-plugin-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The plugin that docs/plugins.md shows. */
async function documentedPlugins(): Promise<readonly TranslationPlugin[]> {
  const text = readFileSync(new URL("../../../docs/plugins.md", import.meta.url), "utf8");
  const code = text
    .split("<!-- Run by test/unit/plugins/document.test.ts. -->")[1]
    ?.match(/```js\n([^]*?)```/)?.[1];
  assert.ok(code, "docs/plugins.md shows no plugin");
  const file = join(folder, "index.mjs");
  writeFileSync(file, code);
  const { plugins } = (await import(pathToFileURL(file).href)) as {
    readonly plugins: readonly TranslationPlugin[];
  };
  return plugins;
}

async function buildWithBanner(extensions: string) {
  const pipeline = createPipeline({
    plugins: createPluginSet([...builtinPlugins, ...(await documentedPlugins())]),
    settings: defaultTranslationSettings,
  });
  const tree = treeOf({
    "upstreams/pets.yaml":
      "name: pets\ntype: static\nspec: {hosts: [{addr: 10.0.0.7, port: 80}]}\n",
    "virtualservices/pets.yaml": [
      "name: pets",
      "routes:",
      "  - request_matcher: { path_prefix: / }",
      "    single_destination: { upstream: { name: pets } }",
      `    extensions: ${extensions}`,
    ].join("\n"),
  });
  return pipeline.build(tree, { secrets: new Map(), endpoints: new Map() });
}

describe("docs/plugins.md", () => {
  it("shows a plugin that does what the page says", async () => {
    const { snapshot, diagnostics } = await buildWithBanner("{ banner: hello }");
    assert.deepEqual(diagnostics, []);
    const tables = snapshot.roles.get("ingress")?.sets.get(typeUrls.route)?.resources;
    const [table] = [...(tables?.values() ?? [])];
    assert.ok(table);
    const { type, value } = unwrapAny(table.any);
    assert.match(JSON.stringify(decodeByName(type, value)), /"key":"x-banner","value":"hello"/);
  });

  it("shows a plugin whose slips are found", async () => {
    const slips: readonly (readonly [string, string])[] = [
      ["{ baner: hello }", "schema/unknown-key"],
      ["{ banner: 7 }", "schema/wrong-type"],
      ["{ banner: https://elsewhere.example }", "plugin/error"],
    ];
    for (const [extensions, code] of slips) {
      const { diagnostics } = await buildWithBanner(extensions);
      assert.deepEqual(
        diagnostics.map((found) => [found.code, found.location?.line]),
        [[code, 5]],
      );
    }
  });
});
