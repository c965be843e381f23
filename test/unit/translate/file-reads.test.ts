import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPipeline } from "../../../src/pipeline.js";
import type { TranslationPlugin } from "../../../src/translate/plugin.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import { treeOf } from "../../support/tree.js";

const inputs = { secrets: new Map(), endpoints: new Map() };

/** A pipeline with a plugin whose upstreams tell in their clusters what the file `a` says. */
function pipelineReadingFiles() {
  const calls: string[] = [];
  const plugin: TranslationPlugin = {
    name: "reader",
    upstreamTypes: [{ type: "reader", schema: { $id: "https://test.example/reader" } }],
    upstream({ value }, context) {
      calls.push(value.name);
      const text = Buffer.from(context.file("a")?.bytes ?? []).toString();
      return { cluster: { alt_stat_name: `${text}:${[...context.fileNames()].join()}` } };
    },
  };
  const plugins = createPluginSet([plugin]);
  return { calls, pipeline: createPipeline({ plugins, settings: defaultTranslationSettings }) };
}

const objects = {
  "c.yaml": `
upstreams: [{ name: r, type: reader, spec: {} }]
virtual_services:
  - name: v
    routes: [{ request_matcher: { path_prefix: / }, single_destination: { upstream: { name: r } } }]
`,
};

describe("HookContext.file()", () => {
  it("gives a file, and its change calls the hook again", () => {
    const { calls, pipeline } = pipelineReadingFiles();
    const statNames = (files: Record<string, string>, previous?: ReturnType<typeof treeOf>) => {
      const tree = treeOf({ ...objects, ...files }, previous);
      const { translation, diagnostics } = pipeline.build(tree, inputs);
      assert.deepEqual(diagnostics, []);
      const clusters = translation.roles.get("ingress")?.clusters ?? [];
      return { tree, names: clusters.map(({ alt_stat_name: name }) => name) };
    };
    const missing = statNames({ "files/b": "1" });
    assert.deepEqual(missing.names, [":b"]);
    const there = statNames({ "files/a": "one", "files/b": "1" }, missing.tree);
    assert.deepEqual(there.names, ["one:a,b"]);
    const other = statNames({ "files/a": "one", "files/b": "2" }, there.tree);
    assert.deepEqual(calls, ["r", "r"], "another file is no reason to call it");
    const changed = statNames({ "files/a": "two", "files/b": "2" }, other.tree);
    assert.deepEqual(changed.names, ["two:a,b"]);
    assert.deepEqual(calls, ["r", "r", "r"]);
  });
});
