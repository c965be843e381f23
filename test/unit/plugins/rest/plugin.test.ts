import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode } from "../../../../src/envoy/codec.js";
import type { Any, Route } from "../../../../src/envoy/generated/messages.js";
import { typeUrls } from "../../../../src/envoy/type-urls.js";
import type { JsonObject } from "../../../../src/lib/json.js";
import { createPipeline, type Build } from "../../../../src/pipeline.js";
import { builtinPlugins } from "../../../../src/plugins/index.js";
import { createPluginSet } from "../../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../../src/translate/translate.js";
import { treeOf } from "../../../support/tree.js";

const options = {
  plugins: createPluginSet(builtinPlugins),
  settings: defaultTranslationSettings,
};

function build(files: Readonly<Record<string, string>>): Build {
  return createPipeline(options).build(treeOf(files), { secrets: new Map(), endpoints: new Map() });
}

const upstream = (functions: string): string => `name: pets
type: static
spec: { hosts: [{ addr: 10.0.0.1, port: 80 }] }
service_info: { type: REST }
functions:
${functions}`;

const route = (extensions: string): string => `name: pets
routes:
  - request_matcher: { path_prefix: / }
    single_destination: { function: { upstream_name: pets, function_name: get } }
    extensions:
${extensions}`;

/** Diagnostics as `line:column code`, of a function's spec and a route's extensions. */
function complaints(spec: string, extensions = "      timeout: 5s"): readonly string[] {
  const { diagnostics } = build({
    "upstreams/pets.yaml": upstream(`  - name: get\n    spec:\n${spec}`),
    "virtualservices/pets.yaml": route(extensions),
  });
  return diagnostics.map(
    ({ location, code, pointer, message }) =>
      `${location?.file.split("/")[0]}:${location?.line}:${location?.column} ${code} ${pointer} ${message}`,
  );
}

/** The routes of the one role's plain-text listener, as they were put together. */
function routesOf({ translation }: Build): readonly Route[] {
  const tables = [...(translation.roles.get("ingress")?.routeTables ?? [])];
  return tables.flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ routes }) => routes ?? []));
}

const srcOf = (config: Any | undefined): string => {
  assert.ok(config?.value, "no config of the filter");
  const { filter_context } = decode(
    "envoy.extensions.filters.http.lua.v3.LuaPerRoute",
    config.value,
  );
  return filter_context?.fields?.["src"]?.string_value ?? "";
};

describe("the diagnostics of REST functions", () => {
  for (const [name, spec, wanted] of [
    [
      "a template that cannot be read",
      '      path: "/pets/{{ id }"',
      /^upstreams:8:26 template\/syntax \/functions\/0\/spec\/path unexpected "}": .* \(line 1, column 13 of the template\)$/,
    ],
    [
      "the line in a text of several",
      '      body: |\n        {\n          "a": {{ uper(a) }}\n        }',
      /^upstreams:10:19 template\/unknown-function .*\/spec\/body .*did you mean "upper"\? \(line 2, column 11 of/,
    ],
    [
      "a header's template",
      "      headers: { x-a: '{% if a %}' }",
      /^upstreams:8:24 template\/syntax \/functions\/0\/spec\/headers\/x-a /,
    ],
    [
      "a header that Envoy sets",
      "      headers: { TE: x }",
      /template\/unsupported .*set by Envoy/,
    ],
    ["a place that is not safe", `      body: '{"a": "{{ a }}'`, /template\/unsafe-place/],
    [
      "a header that is too long",
      `      headers: { x: ${"x".repeat(8_200)} }`,
      /template\/too-large/,
    ],
    ["a path without a slash", "      path: pets", /template\/malformed-text/],
    ["a key that is not known", "      pth: /pets", /^upstreams:8:7 schema\/unknown-key .*"path"/],
  ] as const) {
    it(`are about ${name}`, () => {
      const found = complaints(spec);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", wanted);
    });
  }

  for (const [name, extensions, wanted] of [
    [
      "a pattern that cannot be read",
      "      parameters: { path: '/pets/{id' }",
      /^virtualservices:6:27 rest\/invalid-pattern \/routes\/0\/extensions\/parameters\/path .*in pairs/,
    ],
    [
      "a name from two places",
      "      parameters: { path: '/{id}', query: { q: '{id}' } }",
      /rest\/duplicate-parameter .*\/query\/q the parameter "id" is taken from two places/,
    ],
    [
      "a name that is a part of another",
      "      parameters: { path: '/{a}', headers: { x: '{a.b}' } }",
      /rest\/duplicate-parameter .*"a.b" cannot be a part of the parameter "a"/,
    ],
    [
      "too many names",
      `      parameters: { path: '${Array.from({ length: 65 }, (_, index) => `/{p${index}}`).join("")}' }`,
      /rest\/too-many-parameters .*65 parameters are more than 64/,
    ],
    [
      "a response template",
      "      response_template: { body: '{{ a b }}' }",
      /^virtualservices:6:40 template\/syntax \/routes\/0\/extensions\/response_template\/body/,
    ],
    [
      "a response parameter",
      "      response_params: { headers: { x: '{' } }\n      response_template: { body: x }",
      /rest\/invalid-pattern \/routes\/0\/extensions\/response_parameters\/headers\/x/,
    ],
  ] as const) {
    it(`are about ${name} of a route`, () => {
      const found = complaints("      path: /x", extensions);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", wanted);
    });
  }

  it("are about a function that compiles to too much", () => {
    const headers = ["a", "b"].map((name) => `x-${name}: "${"x".repeat(8_000)}"`);
    const found = complaints(
      `      headers: { ${headers.join(", ")} }\n      body: "${"x".repeat(60_000)}"`,
      `      response_template: { body: "${"x".repeat(60_000)}" }`,
    );
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", /rest\/function-too-large .*function "get" compiles to \d+ KiB/);
  });

  it("are about a prefix that is rewritten in a path that is set", () => {
    const { diagnostics } = build({
      "upstreams/pets.yaml": upstream(
        "  - { name: get, spec: { path: /x } }\n  - { name: mark, spec: { headers: { x: v } } }",
      ),
      "virtualservices/pets.json": JSON.stringify({
        name: "pets",
        routes: ["get", "mark"].map((function_name) => ({
          request_matcher: { path_prefix: `/${function_name}/` },
          prefix_rewrite: "/",
          single_destination: { function: { upstream_name: "pets", function_name } },
        })),
      }),
    });
    assert.deepEqual(
      diagnostics.map(({ code, pointer }) => `${code} ${pointer}`),
      ["rest/path-set-twice /routes/0/prefix_rewrite"],
    );
  });

  it("warn of parameters that nothing asks for", () => {
    const { diagnostics } = build({
      "upstreams/pets.yaml": upstream("  - { name: get, spec: { path: /x } }"),
      "virtualservices/pets.json": JSON.stringify({
        name: "pets",
        routes: [
          {
            request_matcher: { path_prefix: "/" },
            single_destination: { upstream: { name: "pets" } },
            extensions: { parameters: {}, response_params: {} },
          },
        ],
      }),
    });
    assert.deepEqual(
      diagnostics.map(({ severity, code, pointer }) => `${severity} ${code} ${pointer}`),
      [
        "warning rest/unused-parameters /routes/0/extensions/parameters",
        "warning rest/unused-parameters /routes/0/extensions/response_parameters",
      ],
    );
  });

  it("are about a function that is not there", () => {
    const { diagnostics } = build({
      "upstreams/pets.yaml": upstream("  - name: got\n    spec: { path: /x }"),
      "virtualservices/pets.yaml": route("      timeout: 5s"),
    });
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ["reference/unknown-function"],
    );
  });
});

describe("both dialects", () => {
  const chunkOf = (spec: string, extensions: string): string => {
    const made = build({
      "upstreams/pets.yaml": upstream(`  - name: get\n    spec:\n${spec}`),
      "virtualservices/pets.yaml": route(extensions),
    });
    assert.deepEqual(made.diagnostics, []);
    return srcOf(routesOf(made)[0]?.typed_per_filter_config?.["gloo.rest"]);
  };

  it("come to the same", () => {
    const first = chunkOf(
      "      { path: '/{{ id }}', body: '{{ a }}', passthrough_body: false, headers: { x: null } }",
      `      parameters: { path: '/x/{id}', authority: '{host}', headers: { x-a: '{b}' } }
      response_template: { body: '{{ c }}', path: /ignored }
      response_parameters: { headers: { x-d: '{d}' }, path: /ignored }`,
    );
    const second = chunkOf(
      "      { path: '/{{ id }}', body: { value: '{{ a }}' }, headers: { x: '' } }",
      `      parameters: { path: { value: '/x/{id}' }, authority: { value: '{host}' }, headers: { x-a: '{b}' } }
      response_transformation: { body: { value: '{{ c }}' } }
      responseParams: { headers: { x-d: '{d}' } }`,
    );
    assert.equal(first, second);
    assert.match(first, /request=\{body="json".*response=\{body="json"/s);
  });
});

describe("what REST functions come to", () => {
  const base = {
    "upstreams/pets.yaml": upstream(
      "  - name: get\n    spec: { path: '/{{ id }}' }\n  - name: set\n    spec: { headers: { x: v } }",
    ),
  };
  const serving = (routes: readonly JsonObject[]): Build => {
    const made = build({
      ...base,
      "virtualservices/pets.json": JSON.stringify({ name: "pets", routes }),
    });
    assert.deepEqual(made.diagnostics, []);
    return made;
  };
  const to = (function_name: string): JsonObject => ({
    function: { upstream_name: "pets", function_name },
  });
  const all = { request_matcher: { path_prefix: "/" } };

  it("leaves listeners as they are when the first function comes", () => {
    const listenersOf = ({ snapshot }: Build): unknown =>
      snapshot.roles.get("ingress")?.sets.get(typeUrls.listener)?.version;
    const without = serving([{ ...all, single_destination: { upstream: { name: "pets" } } }]);
    const with1 = serving([{ ...all, single_destination: to("get") }]);
    assert.ok(listenersOf(without));
    assert.equal(listenersOf(with1), listenersOf(without));
  });

  it("is a chunk on the route, or on each of its destinations", () => {
    const [single] = routesOf(serving([{ ...all, single_destination: to("get") }]));
    assert.match(srcOf(single?.typed_per_filter_config?.["gloo.rest"]), /from_body/);
    const [weighted] = routesOf(
      serving([
        {
          ...all,
          multiple_destinations: [
            { destination: to("get"), weight: 1 },
            { destination: to("set"), weight: 2 },
            { destination: { upstream: { name: "pets" } }, weight: 3 },
          ],
        },
      ]),
    );
    assert.equal(weighted?.typed_per_filter_config, undefined);
    const clusters = weighted?.route?.weighted_clusters?.clusters ?? [];
    assert.deepEqual(
      clusters.map(({ typed_per_filter_config: filters, request_headers_to_add: headers }) => [
        Object.keys(filters ?? {}),
        headers?.map(({ header }) => header?.key),
      ]),
      [
        [["gloo.rest"], undefined],
        [[], ["x"]],
        [[], undefined],
      ],
    );
  });

  it("marks where responses come from only where they are changed", () => {
    const response = { response_template: { body: "x" } };
    for (const [extensions, marked] of [
      [undefined, []],
      [response, ["x-gloo-origin"]],
    ] as const) {
      const [found] = routesOf(
        serving([{ ...all, single_destination: to("get"), ...(extensions && { extensions }) }]),
      );
      const names = found?.response_headers_to_add?.map(({ header }) => header?.key) ?? [];
      assert.deepEqual(names, marked);
    }
  });

  it("keeps a host that a function sets from being replaced by that of the address", () => {
    const made = build({
      "upstreams/pets.yaml": `name: pets
type: static
spec: { hosts: [{ addr: pets.example, port: 80 }] }
service_info: { type: REST }
functions:
  - name: get
    spec: { headers: { host: "{{ tenant }}.example" } }
  - name: set
    spec: { path: /x }`,
      "virtualservices/pets.json": JSON.stringify({
        name: "pets",
        routes: ["get", "set"].map((name) => ({
          request_matcher: { path_prefix: `/${name}` },
          single_destination: to(name),
        })),
      }),
    });
    assert.deepEqual(made.diagnostics, []);
    assert.deepEqual(
      routesOf(made).map(({ route: action }) => action?.auto_host_rewrite),
      [{ value: false }, { value: true }],
    );
  });
});
