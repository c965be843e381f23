import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createPipeline, type PipelineInputs } from "../../src/pipeline.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { readWorkTree } from "../../src/source/work-tree.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../src/translate/translate.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import { treeOf } from "../support/tree.js";

const inputs: PipelineInputs = { secrets: new Map(), endpoints: new Map() };

function createTestPipeline() {
  return createPipeline({
    plugins: createPluginSet(builtinPlugins),
    settings: defaultTranslationSettings,
  });
}

const files = {
  "upstreams/pets.yaml":
    "name: pets\ntype: static\nspec: { hosts: [{ addr: 10.0.0.7, port: 80 }] }\n",
  "upstreams/dogs.yaml":
    "name: dogs\ntype: static\nspec: { hosts: [{ addr: 10.0.0.8, port: 80 }] }\n",
  "virtualservices/all.yaml": [
    "name: all",
    "routes:",
    "  - request_matcher: { path_prefix: /dogs }",
    "    single_destination: { upstream: { name: dogs } }",
    "  - request_matcher: { path_prefix: / }",
    "    single_destination: { upstream: { name: pets } }",
    "",
  ].join("\n"),
};

describe("createPipeline()", () => {
  it("finds nothing wrong with the sample repository", async ({ signal }) => {
    const folder = fileURLToPath(new URL("../../sample-repo/", import.meta.url));
    const build = createTestPipeline().build(await readWorkTree({ folder }, signal), inputs);
    assert.deepEqual(build.diagnostics, []);
    assert.ok(build.config.upstreams.size >= 4);
  });

  it("makes anew only what a change of one file calls for", () => {
    const pipeline = createTestPipeline();
    const tree = treeOf(files);
    const before = pipeline.build(tree, inputs);
    const text = files["upstreams/pets.yaml"].replace("10.0.0.7", "10.0.0.9");
    const after = pipeline.build(treeOf({ ...files, "upstreams/pets.yaml": text }, tree), inputs);

    assert.notEqual(after.config.upstreams.get("pets"), before.config.upstreams.get("pets"));
    assert.equal(after.config.upstreams.get("dogs"), before.config.upstreams.get("dogs"));
    assert.equal(after.config.virtualServices, before.config.virtualServices);
    const [was, is] = [before, after].map(({ snapshot }) => snapshot.roles.get("ingress")?.sets);
    for (const kind of ["cluster", "listener", "route"] as const) {
      assert.equal(is?.get(typeUrls[kind]), was?.get(typeUrls[kind]), kind);
    }
    assert.notEqual(is?.get(typeUrls.endpoints), was?.get(typeUrls.endpoints));
  });

  it("gives the same snapshot after many changes as when it has seen no other tree", () => {
    const pipeline = createTestPipeline();
    let tree = treeOf(files);
    pipeline.build(tree, inputs);
    const changes: readonly Readonly<Record<string, string>>[] = [
      { "upstreams/cats.yaml": files["upstreams/pets.yaml"].replace("pets", "cats") },
      { "upstreams/pets.yaml": "name: pets\n" },
      { "upstreams/dogs.yaml": files["upstreams/dogs.yaml"].replace("80", "81") },
      { "upstreams/pets.yaml": files["upstreams/pets.yaml"] },
      { "virtualservices/more.yaml": files["virtualservices/all.yaml"].replace("all", "more") },
      { "virtualservices/more.yaml": "" },
      { "upstreams/cats.yaml": "kind: Role\nname: cats\n" },
    ];
    let current: Readonly<Record<string, string>> = files;
    for (const change of changes) {
      current = { ...current, ...change };
      tree = treeOf(current, tree);
      const warm = pipeline.build(tree, inputs);
      const cold = createTestPipeline().build(treeOf(current), inputs);
      assert.equal(warm.snapshot.id, cold.snapshot.id);
      assert.deepEqual(warm.diagnostics, cold.diagnostics);
    }
  });

  it("replaces endpoints without building anything else", () => {
    const pipeline = createTestPipeline();
    const before = pipeline.build(treeOf(files), inputs);
    const endpoints = new Map([["pets", [{ address: "10.0.0.99", port: 80 }]]]);
    const after = pipeline.replaceEndpoints(before, endpoints);
    const [was, is] = [before, after].map(({ snapshot }) => snapshot.roles.get("ingress")?.sets);
    assert.notEqual(is?.get(typeUrls.endpoints)?.version, was?.get(typeUrls.endpoints)?.version);
    for (const kind of ["cluster", "listener", "route"] as const) {
      assert.equal(is?.get(typeUrls[kind]), was?.get(typeUrls[kind]), kind);
    }
  });
});
