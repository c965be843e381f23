import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Changes, RouteChange } from "../../../src/changes/changes.js";
import { isSame } from "../../../src/changes/changes.js";
import { compareBuilds } from "../../../src/changes/compare-builds.js";
import { hasErrors } from "../../../src/diagnostics/diagnostic.js";
import { Secret } from "../../../src/model/secret.js";
import { createPipeline, type Build } from "../../../src/pipeline.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import { treeOf } from "../../support/tree.js";

type Files = Readonly<Record<string, string>>;

const plugins = createPluginSet(builtinPlugins);

function builder(): (files: Files) => Build {
  const pipeline = createPipeline({ plugins, settings: defaultTranslationSettings });
  return (files) => {
    const build = pipeline.build(treeOf(files), { secrets: new Map(), endpoints: new Map() });
    assert.ok(!hasErrors(build.diagnostics), JSON.stringify(build.diagnostics, undefined, 2));
    return build;
  };
}

function compare(before: Files, after: Files): Changes {
  const build = builder();
  return compareBuilds(build(before), build(after));
}

const upstream = (name: string, port = 80): string =>
  `{name: ${name}, type: static, spec: {hosts: [{addr: 10.0.0.1, port: ${port}}]}}`;
const route = (path: string, to: string, extensions = "{}"): string =>
  `{request_matcher: {path_prefix: ${path}}, single_destination: {upstream: {name: ${to}}}, extensions: ${extensions}}`;
const service = (routes: readonly string[], more = ""): string =>
  `{name: pets, domains: [pets.example], routes: [${routes.join(", ")}]${more}}`;

const base = {
  "upstreams/a.yaml": upstream("a"),
  "upstreams/b.yaml": upstream("b"),
  "virtualservices/pets.yaml": service([route("/one", "a"), route("/two", "a"), route("/", "b")]),
};
const withService = (text: string): Files => ({ ...base, "virtualservices/pets.yaml": text });

/** A route's change in a line. */
function lineOf({ change, match, outcome, index, fields }: RouteChange): string {
  const what = fields.map(
    ({ field, before, after }) => `${field}: ${before ?? "none"} → ${after ?? "none"}`,
  );
  return [change, match ?? "(all)", outcome ?? "-", index ?? "-", ...what].join(" | ");
}

const routeLines = (after: Files): readonly string[] => compare(base, after).routes.map(lineOf);

describe("compareBuilds()", () => {
  it("finds nothing between a build and its like, made by another pipeline too", () => {
    assert.ok(isSame(compare(base, { ...base })));
    assert.ok(isSame(compareBuilds(builder()(base), builder()(base))));
  });

  it("finds nothing where a file only moved, or only a comment changed", () => {
    const { "upstreams/a.yaml": text, ...rest } = base;
    assert.ok(isSame(compare(base, { ...rest, "teams/x/upstreams/z.yaml": `# moved\n${text}` })));
  });

  it("tells of objects that come, go and change, and of what in them", () => {
    const { "upstreams/a.yaml": _, ...rest } = base;
    const after = {
      ...rest,
      "upstreams/c.yaml": upstream("c"),
      "upstreams/b.yaml": upstream("b", 81),
      "virtualservices/pets.yaml": service([route("/", "b")]),
    };
    const { objects } = compare(base, after);
    assert.deepEqual(
      objects.map(({ change, ref }) => `${change} ${ref.kind}/${ref.name}`),
      [
        "removed Upstream/a",
        "changed Upstream/b",
        "added Upstream/c",
        "changed VirtualService/pets",
      ],
    );
    assert.deepEqual(objects[1]?.values, [
      { pointer: "/spec/hosts/0/port", before: 80, after: 81 },
    ]);
    assert.deepEqual(objects[0]?.location, { file: "upstreams/a.yaml", line: 1, column: 1 });
  });

  it("tells what becomes of a route's requests", () => {
    const after = service([
      route("/one", "b", "{timeout: 2s, max_retries: 3}"),
      route("/two", "a"),
      route("/", "b"),
    ]);
    assert.deepEqual(routeLines(withService(after)), [
      "changed | /one* | b | 0 | destination: a → b | timeout: none → 2s | retries: none → 3 on 5xx",
    ]);
  });

  it("sees an inserted route as one change, not as a change of all that follow", () => {
    const after = service([
      route("/new", "b"),
      route("/one", "a"),
      route("/two", "a"),
      route("/", "b"),
    ]);
    assert.deepEqual(routeLines(withService(after)), ["added | /new* | b | 0"]);
  });

  it("sees a route that takes other requests and does the same as one that changed", () => {
    const after = service([route("/one", "a"), route("/deux", "a"), route("/", "b")]);
    assert.deepEqual(routeLines(withService(after)), [
      "changed | /deux* | a | 1 | match: /two* → /deux*",
    ]);
  });

  it("tells which route moved, where the others stayed in order", () => {
    const after = service([route("/", "b"), route("/one", "a"), route("/two", "a")]);
    assert.deepEqual(routeLines(withService(after)), ["moved | /* | b | 0 | place: 3 → 1"]);
  });

  it("tells what changes for a virtual service as a whole", () => {
    const routes = [route("/one", "a"), route("/two", "a"), route("/", "b")];
    const after = service(routes).replace("[pets.example]", "[pets.example, zoo.example]");
    assert.deepEqual(routeLines(withService(after)), [
      "changed | (all) | - | - | domains: pets.example → pets.example, zoo.example",
    ]);
  });

  it("tells of all routes of a virtual service that goes", () => {
    const { "virtualservices/pets.yaml": _, ...after } = base;
    assert.deepEqual(routeLines(after), [
      "removed | (all) | - | -",
      "removed | /one* | a | 0",
      "removed | /two* | a | 1",
      "removed | /* | b | 2",
    ]);
  });

  it("tells that a function does something else, whose route is what it was", () => {
    const rest = (path: string): string =>
      `{name: a, type: static, spec: {hosts: [{addr: 10.0.0.1, port: 80}]}, service_info: {type: REST}, functions: [{name: f, spec: {path: "${path}"}}]}`;
    const files = (path: string): Files => ({
      "upstreams/a.yaml": rest(path),
      "virtualservices/pets.yaml":
        "{name: pets, routes: [{request_matcher: {path_prefix: /}, single_destination: {function: {upstream_name: a, function_name: f}}}]}",
    });
    const { routes } = compare(files("/{{ default(id, 1) }}"), files("/x/{{ default(id, 1) }}"));
    assert.deepEqual(
      routes.map(({ change, outcome, fields }) => [change, outcome, fields.map((f) => f.field)]),
      [["changed", "a:f", ["gloo.rest"]]],
    );
  });

  it("tells of Envoy's resources by role and type", () => {
    const { resources } = compare(base, { ...base, "upstreams/b.yaml": upstream("b", 81) });
    assert.deepEqual(
      resources.map(({ change, role, type, name }) => `${change} ${role} ${type} ${name}`),
      ["changed ingress endpoints b"],
    );
    assert.deepEqual(resources[0]?.values.length, 1);
  });

  it("shows that a secret changed, and neither value", () => {
    const files = {
      ...base,
      "upstreams/f.yaml":
        "{name: f, type: azure, spec: {function_app_name: app, secret_ref: az}, functions: [{name: f, spec: {function_name: f, auth_level: function}}]}",
      "virtualservices/pets.yaml":
        "{name: pets, routes: [{request_matcher: {path_prefix: /}, single_destination: {function: {upstream_name: f, function_name: f}}}]}",
    };
    const keyed = (value: string): Build => {
      const pipeline = createPipeline({ plugins, settings: defaultTranslationSettings });
      const secrets = new Map([
        [
          "az",
          new Secret([
            ["f", value],
            ["_master", value],
          ]),
        ],
      ]);
      return pipeline.build(treeOf(files), { secrets, endpoints: new Map() });
    };
    const changes = compareBuilds(keyed("swordfish-1"), keyed("swordfish-2"));
    assert.ok(changes.resources.some(({ type }) => type === "secret"));
    assert.ok(!JSON.stringify(changes).includes("swordfish"));
  });
});
