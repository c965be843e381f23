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

/** One commit after another: which file holds which of its variants, and which secrets there are. */
interface Step {
  readonly changes: readonly (readonly [path: string, variant: number])[];
  readonly secrets: number;
}

const paths = Object.keys(variants);
const arbitrarySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    changes: fc.array(
      fc.tuple(
        fc.constantFrom(...paths),
        fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, { arbitrary: fc.nat(6), weight: 3 }),
      ),
      { minLength: 1, maxLength: 2 },
    ),
    secrets: fc.oneof(
      { arbitrary: fc.constant(0), weight: 4 },
      { arbitrary: fc.nat(3), weight: 1 },
    ),
  }),
  { minLength: 6, maxLength: 12 },
);

/** The files after some steps from a sound config. */
function filesOf(steps: readonly Step[]): Readonly<Record<string, string>> {
  const chosen = new Map(paths.map((path) => [path, variants[path]?.[0]]));
  for (const { changes } of steps) {
    for (const [path, variant] of changes) {
      const texts = variants[path] ?? [];
      chosen.set(path, texts[variant % texts.length]);
    }
  }
  return Object.fromEntries(
    [...chosen].flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])),
  );
}

function freshPipeline(): Pipeline {
  return createPipeline({
    plugins: createPluginSet(builtinPlugins),
    settings: defaultTranslationSettings,
  });
}

function buildWith(
  pipeline: Pipeline,
  tree: SourceTree,
  secrets: PipelineInputs["secrets"],
): Build {
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
      fc.property(arbitrarySteps, (steps) => {
        const remembering = freshPipeline();
        let before: SourceTree | undefined;
        steps.forEach(({ secrets: index }, count) => {
          const files = filesOf(steps.slice(0, count));
          const secrets = secretVariants[index] ?? new Map();
          const tree = treeOf(files, before);
          const build = buildWith(remembering, tree, secrets);
          const fresh = buildWith(freshPipeline(), treeOf(files), secrets);
          assert.deepEqual(contentOf(build), contentOf(fresh));
          before = tree;
        });
      }),
      { numRuns: 20, seed: 7 },
    );
  });

  it("serves an upstream again that had a mistake for a commit", () => {
    const [sound = "", , , broken = ""] = variants["upstreams/a.yaml"] ?? [];
    const other = { "virtualservices/one.yaml": variants["virtualservices/one.yaml"]?.[0] ?? "" };
    const pipeline = freshPipeline();
    const secrets = new Map();
    const before = treeOf({ ...other, "upstreams/a.yaml": broken });
    assert.equal(buildWith(pipeline, before, secrets).diagnostics.length, 1);
    const tree = treeOf({ ...other, "upstreams/a.yaml": sound }, before);
    const { snapshot, diagnostics } = buildWith(pipeline, tree, secrets);
    assert.deepEqual(diagnostics, []);
    assert.equal(snapshot.id, buildWith(freshPipeline(), tree, secrets).snapshot.id);
  });
});
