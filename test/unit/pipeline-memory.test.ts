import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Secret } from "../../src/model/secret.js";
import {
  createPipeline,
  type Build,
  type Pipeline,
  type PipelineInputs,
} from "../../src/pipeline.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import type { SourceTree } from "../../src/source/source-tree.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../src/translate/translate.js";
import { treeOf } from "../support/tree.js";

/** By path, what a file may hold from one commit to the next; `undefined`: it is not there. */
const variants: Readonly<Record<string, readonly (string | undefined)[]>> = {
  "upstreams/a.yaml": [
    "{name: a, type: static, spec: {hosts: [{addr: 10.0.0.1, port: 80}]}}",
    "{name: a, type: static, spec: {hosts: [{addr: 10.0.0.2, port: 80}]}}",
    "{name: a, type: static, spec: {hosts: [{addr: a.example, port: 443}]}}",
    "{name: a, type: static, spec: {hosts: [{addr: 10.0.0.1, port: 99999}]}}",
    "{name: c, type: static, spec: {hosts: [{addr: 10.0.0.1, port: 80}]}}",
    "name: a\n type: [",
    undefined,
  ],
  "upstreams/b.json": [
    '{"name": "b", "type": "static", "spec": {"hosts": [{"addr": "10.0.1.1", "port": 80}]}}',
    '{"name": "b", "type": "static", "spec": {"hosts": [{"addr": "b.example", "port": 443}], "tls_config": {"secret_ref": "tls"}}}',
    undefined,
  ],
  "virtualservices/one.yaml": [
    "{name: one, domains: [one.example], routes: [{request_matcher: {path_prefix: /}, single_destination: {upstream: {name: a}}}]}",
    "{name: one, domains: [one.example], routes: [{request_matcher: {path_prefix: /}, multiple_destinations: [{destination: {upstream: {name: a}}, weight: 1}, {destination: {upstream: {name: b}}, weight: 1}]}]}",
    "{name: one, domains: [one.example], ssl_config: {secret_ref: tls}, routes: [{request_matcher: {path_prefix: /}, single_destination: {upstream: {name: b}}}]}",
    "{name: one, domains: [two.example], roles: [edge], routes: []}",
    undefined,
  ],
  "virtualservices/two.yaml": [
    "{name: two, domains: [two.example], routes: [{request_matcher: {path_exact: /x}, single_destination: {upstream: {name: c}}}]}",
    "{name: two, domains: [two.example, one.example], roles: [edge, ingress], routes: [{request_matcher: {path_exact: /x}, single_destination: {upstream: {name: a}}}]}",
    undefined,
  ],
  "roles/edge.yaml": [
    "{name: edge, listeners: [{name: l, bind_port: 8000, labels: {zone: x}}]}",
    "{name: edge, listeners: [{name: l, bind_port: 8000, virtual_services: [two]}]}",
    undefined,
  ],
  "attributes/zone.yaml": [
    "{name: zone, listener_attribute: {selector: {zone: x}, virtual_services: [one]}}",
    undefined,
  ],
  "gloo.yaml": ["ignore: [upstreams/a.yaml]", "ignore: []", undefined],
};

const secret = (certificate: string): PipelineInputs["secrets"] =>
  new Map([
    [
      "tls",
      new Secret([
        ["tls.crt", certificate],
        ["tls.key", "key"],
        ["tls.root", "root"],
      ]),
    ],
  ]);
const secretVariants: readonly PipelineInputs["secrets"][] = [
  secret("first"),
  secret("second"),
  new Map([["tls", new Secret([["tls.root", "root"]])]]),
  new Map(),
];

interface Commit {
  readonly files: Readonly<Record<string, string>>;
  readonly secrets: PipelineInputs["secrets"];
}

const arbitraryCommit: fc.Arbitrary<Commit> = fc.record({
  files: fc
    .record(
      Object.fromEntries(
        Object.entries(variants).map(([path, texts]) => [path, fc.constantFrom(...texts)]),
      ),
    )
    .map(
      (files) =>
        Object.fromEntries(
          Object.entries(files).filter(([, text]) => text !== undefined),
        ) as Readonly<Record<string, string>>, // what is undefined was filtered out
    ),
  secrets: fc.constantFrom(...secretVariants),
});

function freshPipeline(): Pipeline {
  return createPipeline({
    plugins: createPluginSet(builtinPlugins),
    settings: defaultTranslationSettings,
  });
}

function buildWith(pipeline: Pipeline, tree: SourceTree, secrets: Commit["secrets"]): Build {
  return pipeline.build(tree, { secrets, endpoints: new Map() });
}

/** Everything that a build says, byte for byte. */
function contentOf({ snapshot, diagnostics }: Build): unknown {
  const roles = [...snapshot.roles.values(), snapshot.fallback].map(({ role, sets }) => [
    role,
    [...sets].map(([typeUrl, set]) => [
      typeUrl,
      set.version,
      [...set.resources.values()].map(({ name, version, any }) => [
        name,
        version,
        Buffer.from(any).toString("base64"),
      ]),
    ]),
  ]);
  return { id: snapshot.id, roles, diagnostics };
}

describe("createPipeline()", () => {
  it("gives for a tree what it would give without a memory, whatever it built before", () => {
    fc.assert(
      fc.property(fc.array(arbitraryCommit, { minLength: 2, maxLength: 6 }), (commits) => {
        const remembering = freshPipeline();
        let before: SourceTree | undefined;
        for (const { files, secrets } of commits) {
          const tree = treeOf(files, before);
          const build = buildWith(remembering, tree, secrets);
          const fresh = buildWith(freshPipeline(), treeOf(files), secrets);
          assert.deepEqual(contentOf(build), contentOf(fresh));
          before = tree;
        }
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it("serves an upstream again that was missing for a commit", () => {
    const files = {
      "upstreams/a.yaml": variants["upstreams/a.yaml"]?.[0] ?? "",
      "virtualservices/one.yaml": variants["virtualservices/one.yaml"]?.[0] ?? "",
    };
    const pipeline = freshPipeline();
    const secrets = new Map();
    const { "upstreams/a.yaml": _gone, ...without } = files;
    buildWith(pipeline, treeOf(without), secrets);
    const { snapshot, diagnostics } = buildWith(pipeline, treeOf(files), secrets);
    assert.deepEqual(diagnostics, []);
    assert.equal(snapshot.id, buildWith(freshPipeline(), treeOf(files), secrets).snapshot.id);
  });
});
