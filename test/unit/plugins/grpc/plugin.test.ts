import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode } from "../../../../src/envoy/codec.js";
import type { Any, Route } from "../../../../src/envoy/generated/messages.js";
import { createPipeline, type Build } from "../../../../src/pipeline.js";
import { builtinPlugins } from "../../../../src/plugins/index.js";
import { decodeDescriptorSet } from "../../../../src/protos/descriptor-messages.js";
import { createPluginSet } from "../../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../../src/translate/translate.js";
import { treeOf } from "../../../support/tree.js";

const options = {
  plugins: createPluginSet(builtinPlugins),
  settings: defaultTranslationSettings,
};
const inputs = { secrets: new Map(), endpoints: new Map() };

const proto = `syntax = "proto3";
package pets;
import "pet.proto";
import "google/api/annotations.proto";
service Pets {
  rpc Get(Key) returns (Pet) { option (google.api.http) = { get: "/pets/{id}" }; }
  rpc Find(Pet) returns (stream Pet);
}
message Key { int64 id = 1; string tenant = 2; }
`;
const petProto = 'syntax = "proto3";\npackage pets;\nmessage Pet { string name = 1; }\n';
const upstream = (name: string, properties: string): string => `name: ${name}
type: static
spec: { hosts: [{ addr: 10.0.0.1, port: 50051 }] }
service_info: { type: gRPC, properties: ${properties} }
`;
const base = {
  "files/pets.proto": proto,
  "files/pet.proto": petProto,
  "upstreams/pets.yaml": upstream(
    "pets",
    "{ service_names: [Pets], descriptors_file_ref: pets.proto }",
  ),
};
const route = (functionName: string, more = ""): string => `name: v
routes:
  - request_matcher: { path_prefix: / }
    single_destination: { function: { upstream_name: pets, function_name: ${functionName} } }
${more}`;

function build(files: Readonly<Record<string, string>>): Build {
  const made = createPipeline(options).build(treeOf({ ...base, ...files }), inputs);
  assert.deepEqual(
    made.diagnostics.map(({ code, message }) => `${code} ${message}`),
    [],
  );
  return made;
}

function routeOf({ translation }: Build): Route {
  const [table] = translation.roles.get("ingress")?.routeTables ?? [];
  const found = table?.virtualHosts[0]?.routes?.[0];
  assert.ok(found);
  return found;
}

/** The transcoder that a route brings along. */
function transcoderOf({ typed_per_filter_config: configs }: Route) {
  const chain = valueOf(configs?.["gloo.grpc-json"]);
  const { filter_chain } = decode(
    "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfigPerRoute",
    chain,
  );
  assert.equal(filter_chain?.filters?.length, 1);
  return decode(
    "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
    valueOf(filter_chain?.filters?.[0]?.typed_config),
  );
}

function valueOf(config: Any | undefined): Uint8Array {
  assert.ok(config?.value, "no config of the filter");
  return config.value;
}

/** The annotations of the methods that the transcoder knows. */
function rulesOf(found: Route) {
  const files = decodeDescriptorSet(transcoderOf(found).proto_descriptor_bin ?? new Uint8Array());
  const methods = files.flatMap(({ service = [] }) => service.flatMap(({ method = [] }) => method));
  return methods.map(({ name, options: own }) => [name, own?.http]);
}

const anyRequest = { custom: { kind: "*", path: "/**" }, body: "*" };

describe("grpcPlugin", () => {
  it("gives a function's route its one method, with the annotation and for any other request", () => {
    const found = routeOf(build({ "virtualservices/v.yaml": route("Pets.Get") }));
    assert.deepEqual(rulesOf(found), [
      ["Get", { get: "/pets/{id}", additionalBindings: [anyRequest] }],
    ]);
    assert.deepEqual(Object.keys(found.typed_per_filter_config ?? {}), ["gloo.grpc-json"]);
    const transcoder = transcoderOf(found);
    assert.deepEqual(transcoder.services, ["pets.Pets"]);
    assert.equal(Object.hasOwn(transcoder, "auto_mapping"), false);
  });

  it("leaves the annotation out where the route says what the fields are", () => {
    const extensions = '    extensions: { parameters: { path: "/x/{id}" } }\n';
    const found = routeOf(build({ "virtualservices/v.yaml": route("Get", extensions) }));
    assert.deepEqual(rulesOf(found), [["Get", anyRequest]]);
    const { filter_context } = decode(
      "envoy.extensions.filters.http.lua.v3.LuaPerRoute",
      valueOf(found.typed_per_filter_config?.["gloo.rest"]),
    );
    assert.match(filter_context?.fields?.["src"]?.string_value ?? "", /\/pets\.Pets\/Get\?/);
  });

  it("gives a route to the upstream all methods of the services that it names", () => {
    const text = route("x").replace(/\{ function: .*\} \}/, "{ upstream: { name: pets } }");
    const found = routeOf(build({ "virtualservices/v.yaml": text }));
    assert.deepEqual(rulesOf(found), [
      ["Get", { get: "/pets/{id}" }],
      ["Find", undefined],
    ]);
    assert.equal(transcoderOf(found).auto_mapping, true);
  });

  it("shares the config of routes to one method, and keeps the listener as it is", () => {
    const pipeline = createPipeline(options);
    const of = (files: Readonly<Record<string, string>>, previous?: ReturnType<typeof treeOf>) => {
      const tree = treeOf({ ...base, ...files }, previous);
      const { translation } = pipeline.build(tree, inputs);
      return { tree, role: translation.roles.get("ingress") };
    };
    const plain = route("x").replace(/\{ function: .*\} \}/, "{ upstream: { name: plain } }");
    const other = "name: plain\ntype: static\nspec: { hosts: [{ addr: 10.0.0.2, port: 80 }] }\n";
    const before = of({ "virtualservices/v.yaml": plain, "upstreams/plain.yaml": other });
    const after = of({ "virtualservices/v.yaml": route("Find") }, before.tree);
    assert.ok(before.role?.listeners[0]);
    assert.equal(after.role?.listeners[0], before.role.listeners[0]);
    assert.ok(after.role?.clusters[0]?.typed_extension_protocol_options);
  });

  it("sees a change of the file, and of one that it imports", () => {
    const pipeline = createPipeline(options);
    const service = { "virtualservices/v.yaml": route("Find") };
    const first = treeOf({ ...base, ...service });
    const typesIn = (tree: ReturnType<typeof treeOf>) => {
      const made = pipeline.build(tree, inputs);
      const bytes = transcoderOf(routeOf(made)).proto_descriptor_bin ?? new Uint8Array();
      const messages = decodeDescriptorSet(bytes).flatMap(({ messageType = [] }) => messageType);
      return messages.flatMap(({ field = [] }) => field.map(({ name }) => name)).sort();
    };
    assert.deepEqual(typesIn(first), ["name"]);
    const edited = {
      ...base,
      ...service,
      "files/pet.proto": petProto.replace("}", "int32 age = 2; }"),
    };
    const second = treeOf(edited, first);
    assert.deepEqual(typesIn(second), ["age", "name"]);
    assert.deepEqual(typesIn(treeOf({ ...base, ...service }, second)), ["name"]);
  });

  it("reports a file that is gone, and is content when it is back", () => {
    const pipeline = createPipeline(options);
    const codes = (tree: ReturnType<typeof treeOf>) =>
      pipeline
        .build(tree, inputs)
        .diagnostics.map(({ code, location }) => `${location?.line} ${code}`);
    const service = { "virtualservices/v.yaml": route("Find") };
    const whole = treeOf({ ...base, ...service });
    assert.deepEqual(codes(whole), []);
    const { "files/pets.proto": _gone, ...rest } = { ...base, ...service };
    const without = treeOf(rest, whole);
    assert.deepEqual(codes(without), ["4 grpc/missing-file"]);
    assert.deepEqual(codes(treeOf({ ...base, ...service }, without)), []);
  });

  it("finds services by their whole names, where two packages have one of the same", () => {
    const twice = {
      "files/a.proto":
        'syntax = "proto3"; package a; import "b.proto"; message M {} service S { rpc R(M) returns (M); }',
      "files/b.proto":
        'syntax = "proto3"; package b; message M {} service S { rpc R(M) returns (M); }',
      "upstreams/pets.yaml": upstream(
        "pets",
        "{ service_names: [S], descriptors_file_ref: a.proto }",
      ),
    };
    const codesOf = (functionName: string) => {
      const tree = treeOf({ ...twice, "virtualservices/v.yaml": route(functionName) });
      return createPipeline(options)
        .build(tree, inputs)
        .diagnostics.map(({ code }) => code);
    };
    assert.deepEqual(codesOf("S.R"), ["grpc/ambiguous-method"]);
    assert.deepEqual(codesOf("b.S.R"), []);
    assert.deepEqual(codesOf("c.S.R"), ["grpc/unknown-method"]);
  });
});
