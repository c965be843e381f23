import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Secret } from "../../../src/model/secret.js";
import { createParser } from "../../../src/parse/parse-tree.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { createValidator } from "../../../src/validate/validate.js";
import { treeOf } from "../../support/tree.js";

const plugins = createPluginSet(builtinPlugins);

/** A parser and a validator that remember, as the pipeline has them. */
function createCheck() {
  const parser = createParser();
  const validator = createValidator(plugins);
  let tree = treeOf({});
  return (files: Readonly<Record<string, string>>, secrets = new Map<string, Secret>()) => {
    tree = treeOf(files, tree);
    const documents = parser.parseTree(tree);
    const { value: config, diagnostics } = validator.validate(documents.value, secrets);
    const all = [...documents.diagnostics, ...diagnostics];
    return { config, codes: all.map(({ code, pointer }) => `${code} ${pointer}`).sort() };
  };
}

const upstream = (name: string, port = 80): string =>
  `name: ${name}\ntype: static\nspec: { hosts: [{ addr: 10.0.0.7, port: ${port} }] }\n`;
const service = (name: string, target: string): string =>
  `name: ${name}\nroutes:\n- request_matcher: { path_prefix: / }\n  single_destination: { upstream: { name: ${target} } }\n`;

describe("createValidator()", () => {
  it("gives both dialects of 2018, and every spelling, the same canonical form", () => {
    const check = createCheck();
    const plain = check({
      "upstreams/a.yaml":
        "name: a\ntype: static\nspec: { tls: true, hosts: [{ addr: a.example, port: 1 }] }",
      "virtualservices/a.yaml": service("a", "a"),
    });
    for (const files of [
      {
        "upstreams/a.yaml":
          "name: a\ntype: service\nspec: { tls: { value: true }, hosts: [{ addr: a.example, port: 1 }] }\nstatus: {}",
        "virtualservices/a.yaml": service("a", "a").replace("request_matcher", "requestMatcher"),
      },
      {
        "all.json": JSON.stringify({
          upstreams: [
            {
              name: "a",
              type: "static",
              spec: { tls: true, enableIpv6: null, hosts: [{ port: 1, addr: "a.example" }] },
              serviceInfo: null,
            },
          ],
          virtualServices: [
            {
              name: "a",
              domains: [""],
              roles: [],
              disableForGateways: false,
              routes: [
                {
                  requestMatcher: { pathPrefix: "/" },
                  singleDestination: { upstream: { name: "a" } },
                },
              ],
            },
          ],
        }),
      },
      {
        "k8s.yaml": [
          "apiVersion: gloo.solo.io/v1\nkind: Upstream\nmetadata: { name: a }",
          "spec: { type: static, spec: { tls: true, hosts: [{ addr: a.example, port: 1 }] } }\n---",
          "apiVersion: gloo.solo.io/v1\nkind: VirtualService\nmetadata: { name: a }",
          `spec: ${JSON.stringify({
            routes: [
              {
                request_matcher: { path_prefix: "/" },
                single_destination: { upstream: { name: "a" } },
              },
            ],
          })}`,
        ].join("\n"),
      },
    ]) {
      const { config, codes } = createCheck()(files);
      assert.deepEqual(codes, []);
      assert.deepEqual(
        JSON.parse(JSON.stringify(config.upstreams.get("a")?.value)),
        JSON.parse(JSON.stringify(plain.config.upstreams.get("a")?.value)),
      );
      assert.deepEqual(
        JSON.parse(JSON.stringify(config.virtualServices.get("a")?.value)),
        JSON.parse(JSON.stringify(plain.config.virtualServices.get("a")?.value)),
      );
    }
  });

  it("places what is wrong where it is written, whatever the form", () => {
    const text = [
      "apiVersion: gloo.solo.io/v1",
      "kind: VirtualService",
      "metadata: { name: a }",
      "spec:",
      "  routes:",
      "    - requestMatcher:",
      "        pathPrefix: 7",
      "      singleDestination: { upstream: { name: b } }",
    ].join("\n");
    const documents = createParser().parseTree(treeOf({ "a.yaml": text }));
    const { diagnostics } = createValidator(plugins).validate(documents.value, new Map());
    assert.deepEqual(
      diagnostics.map(({ code, pointer, location }) => [
        code,
        pointer,
        location?.line,
        location?.column,
      ]),
      [["schema/wrong-type", "/routes/0/request_matcher/path_prefix", 7, 21]],
    );
  });

  it("keeps what did not change: objects, and maps of objects", () => {
    const check = createCheck();
    const files = {
      "upstreams/a.yaml": upstream("a"),
      "upstreams/b.yaml": upstream("b"),
      "virtualservices/c.yaml": service("c", "a"),
    };
    const before = check(files).config;
    const after = check({ ...files, "upstreams/b.yaml": upstream("b", 81) }).config;
    assert.equal(after.virtualServices, before.virtualServices);
    assert.equal(after.upstreams.get("a"), before.upstreams.get("a"));
    assert.notEqual(after.upstreams.get("b"), before.upstreams.get("b"));
    assert.deepEqual([...after.upstreams.keys()], ["a", "b"]);
  });

  it("looks at references again when what they name comes, goes, or breaks", () => {
    const check = createCheck();
    const vs = { "virtualservices/v.yaml": service("v", "a") };
    const unknown = ["reference/unknown-upstream /routes/0/single_destination/upstream/name"];
    assert.deepEqual(check(vs).codes, unknown);
    assert.deepEqual(check({ ...vs, "upstreams/a.yaml": upstream("a") }).codes, []);
    assert.deepEqual(check({ ...vs, "upstreams/a.yaml": upstream("b") }).codes, unknown);
    assert.deepEqual(check({ ...vs, "upstreams/a.yaml": upstream("a", 0) }).codes, [
      "schema/out-of-range /spec/hosts/0/port",
    ]);
    assert.deepEqual(check({ ...vs, "upstreams/a.yaml": "name: a\n - b: c: d" }).codes, [
      "yaml/syntax undefined",
    ]);
    assert.deepEqual(check(vs).codes, unknown);
  });

  it("looks at functions again when their upstream changed", () => {
    const check = createCheck();
    const call =
      "name: v\nroutes:\n- request_matcher: { path_prefix: / }\n" +
      "  single_destination: { function: { upstream_name: a, function_name: f } }\n";
    const files = (functions: string) => ({
      "virtualservices/v.yaml": call,
      "upstreams/a.yaml": `${upstream("a")}functions: [${functions}]\n`,
    });
    const missing = [
      "reference/unknown-function /routes/0/single_destination/function/function_name",
    ];
    assert.deepEqual(check(files("{ name: f }")).codes, []);
    assert.deepEqual(check(files("{ name: g }")).codes, missing);
    assert.deepEqual(check(files("{ name: g }, { name: f }")).codes, []);
  });

  it("looks at secrets again when they changed", () => {
    const check = createCheck();
    const files = { "virtualservices/v.yaml": "name: v\nssl_config: { secret_ref: s }\n" };
    const at = "/ssl_config/secret_ref";
    assert.deepEqual(check(files).codes, [`secret/not-found ${at}`]);
    const half = new Map([["s", new Secret([["tls.crt", "no certificate"]])]]);
    assert.deepEqual(check(files, half).codes, [`secret/missing-key ${at}`]);
    const wrong = new Map([["s", new Secret([["tls.crt", "x"], ["tls.key", "y"]])]]); // prettier-ignore
    assert.deepEqual(check(files, wrong).codes, [
      `secret/not-a-certificate ${at}`,
      `secret/not-a-key ${at}`,
    ]);
    assert.deepEqual(check(files).codes, [`secret/not-found ${at}`]);
  });

  it("tells after any changes what it would tell of the last tree alone", () => {
    const name = fc.constantFrom("a", "b", "c");
    const content = fc.oneof(
      name.map((own) => upstream(own)),
      name.map((own) => upstream(own, 0)),
      fc.tuple(name, name).map(([own, target]) => service(own, target)),
      name.map((own) => `kind: Role\nname: ${own}\n`),
      fc.constantFrom("name: [", "", "type: static", "kind: Upstream\nname: A"),
      fc.tuple(name, name).map(([one, two]) => `${upstream(one)}---\n${upstream(two, 81)}`),
    );
    const path = fc.constantFrom("upstreams/1.yaml", "upstreams/2.yaml", "virtualservices/3.yaml", "x/roles/4.yaml"); // prettier-ignore
    const step = fc.dictionary(path, content, { maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 6 }), (steps) => {
        const warm = createCheck();
        for (const files of steps) {
          const [found, alone] = [warm(files), createCheck()(files)];
          assert.deepEqual(found.codes, alone.codes);
          for (const kind of ["upstreams", "virtualServices", "roles"] as const) {
            assert.deepEqual([...found.config[kind].keys()], [...alone.config[kind].keys()]);
            for (const [key, own] of found.config[kind]) {
              assert.deepEqual(own.value, alone.config[kind].get(key)?.value);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
