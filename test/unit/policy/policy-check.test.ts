import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Diagnostic } from "../../../src/diagnostics/diagnostic.js";
import { createPipeline } from "../../../src/pipeline.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import type { SourceTree } from "../../../src/source/source-tree.js";
import { treeOf } from "../../support/tree.js";

const upstream = "name: pets\ntype: static\nspec: { hosts: [{ addr: 10.0.0.1, port: 80 }] }\n";
const service =
  "name: pets\nroutes:\n  - request_matcher: { path_prefix: / }\n    single_destination: { upstream: { name: pets } }\n";
const files = { "upstreams/pets.yaml": upstream, "virtualservices/pets.yaml": service };
const policies = (text: string) => ({ "gloo.yaml": `policies: { ${text} }\n` });

function createBuild(): (tree: SourceTree) => readonly Diagnostic[] {
  const pipeline = createPipeline({
    plugins: createPluginSet(builtinPlugins),
    settings: defaultTranslationSettings,
  });
  return (tree) => pipeline.build(tree, { secrets: new Map(), endpoints: new Map() }).diagnostics;
}

const codesOf = (diagnostics: readonly Diagnostic[]) => diagnostics.map(({ code }) => code);

describe("policies, from commit to commit", () => {
  it("hold for objects that do not change when the policies do", () => {
    const build = createBuild();
    const plain = treeOf(files);
    assert.deepEqual(codesOf(build(plain)), []);
    const strict = treeOf({ ...files, ...policies("forbidden_hosts: [10.0.0.0/8]") }, plain);
    assert.deepEqual(codesOf(build(strict)), ["policy/forbidden-host"]);
    assert.deepEqual(codesOf(build(treeOf(files, strict))), []);
  });

  it("hold for objects that change while the policies do not", () => {
    const build = createBuild();
    const rules = policies("max_timeout: 20s, require_timeout: false");
    const before = treeOf({ ...files, ...rules });
    assert.deepEqual(codesOf(build(before)), []);
    const slow = `${service}    extensions: { timeout: 21s }\n`;
    const after = treeOf({ ...files, ...rules, "virtualservices/pets.yaml": slow }, before);
    assert.deepEqual(codesOf(build(after)), ["policy/timeout-too-long"]);
  });

  it("take 15 s for the timeout of a route without one, and 0 for ever", () => {
    const build = createBuild();
    const check = (max: string, timeout = "") =>
      build(
        treeOf({
          ...files,
          ...policies(`max_timeout: ${max}`),
          "virtualservices/pets.yaml": service + timeout,
        }),
      ).map(({ message }) => message);
    assert.deepEqual(check("15s"), []);
    assert.deepEqual(check("14999ms"), ["the route may wait 15s, and 14999ms is the longest here"]);
    assert.deepEqual(check("1h", "    extensions: { timeout: 0s }\n"), [
      "the route may wait for ever, and 1h is the longest here",
    ]);
  });

  it("do not hold while gloo.yaml has mistakes, which is an error itself", () => {
    const tree = treeOf({ ...files, ...policies("forbidden_hosts: [10.0.0.0/8], max_route: 1") });
    assert.deepEqual(codesOf(createBuild()(tree)), ["schema/unknown-key"]);
  });

  it("look through TLS by what listeners serve", () => {
    const build = createBuild();
    const rules = policies("require_tls: true");
    assert.deepEqual(codesOf(build(treeOf({ ...files, ...rules }))), ["policy/tls-missing"]);
    const hidden = `${service}disable_for_gateways: true\n`;
    const unserved = { ...files, ...rules, "virtualservices/pets.yaml": hidden };
    assert.deepEqual(codesOf(build(treeOf(unserved))), []);
  });
});

describe("lint, from commit to commit", () => {
  it("forgets what a change mends, and sees what it breaks", () => {
    const build = createBuild();
    const twice = `${service}  - request_matcher: { path_prefix: /, verbs: [GET] }\n    single_destination: { upstream: { name: pets } }\n`;
    const shadowed = twice.replace("path_prefix: / }", "path_regex: /.* }");
    const first = treeOf({ ...files, "virtualservices/pets.yaml": shadowed });
    assert.deepEqual(codesOf(build(first)), ["lint/regex-matches-all", "lint/shadowed-route"]);
    assert.deepEqual(codesOf(build(treeOf(files, first))), []);
    assert.deepEqual(codesOf(build(first)), ["lint/regex-matches-all", "lint/shadowed-route"]);
  });

  it("is silent as long as there are errors: what is missing would be said to be unused", () => {
    const rules = policies("severity: { lint/unused-upstream: warning }");
    const wrong = { ...files, ...rules, "virtualservices/pets.yaml": `${service}typo: 1\n` };
    assert.deepEqual(codesOf(createBuild()(treeOf(wrong))), ["schema/unknown-key"]);
    const idle = { ...rules, "upstreams/pets.yaml": upstream };
    assert.deepEqual(codesOf(createBuild()(treeOf(idle))), ["lint/unused-upstream"]);
  });
});
