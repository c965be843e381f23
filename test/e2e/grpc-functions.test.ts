import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { builtinPlugins } from "../../src/plugins/index.js";
import { encodeDescriptorSet } from "../../src/protos/descriptor-messages.js";
import { readProtoSet } from "../../src/protos/proto-set.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startGrpcService, type GrpcService } from "../support/grpc-service.js";

const storeProto = `syntax = "proto3";
package store.v1;
import "google/api/annotations.proto";
import "common/money.proto";
import "google/rpc/error_details.proto";

service Store {
  rpc GetItem(Key) returns (Item) {
    option (google.api.http) = { get: "/v1/items/{id}" };
  }
  rpc PutItem(PutItemRequest) returns (Item) {
    option (google.api.http) = {
      put: "/v1/items/{id}" body: "item"
      additional_bindings { post: "/v1/items" body: "item" }
    };
  }
  rpc Find(Query) returns (Item);
  rpc Watch(Query) returns (stream Item);
  rpc Upload(stream Item) returns (Item);
}
service Admin {
  rpc Wipe(Key) returns (Item);
}
message Key { string id = 1; }
message PutItemRequest { string id = 1; Item item = 2; }
message Item {
  string id = 1;
  int64 count = 2;
  common.Money price = 3;
  repeated string tags = 4;
}
message Query {
  string text = 1;
  int32 limit = 2;
  bool exact = 3;
  Range range = 4;
  string tenant = 5;
  repeated string tags = 6;
  enum Order { NONE = 0; NEWEST = 1; }
  Order order = 7;
}
// Nothing but the details of a status.
message Refusal { string resource_type = 1; string resource_name = 2; }
message Range { int64 from = 1; int64 to = 2; }
`;
const moneyProto = `syntax = "proto3";
package common;
message Money { string currency = 1; int64 units = 2; }
`;
const userProto = `syntax = "proto3";
package users;
import "google/protobuf/timestamp.proto";
service Users { rpc Get(User) returns (User); }
message User { string name = 1; google.protobuf.Timestamp since = 2; }
`;
const texts: Readonly<Record<string, string>> = {
  "store/v1/store.proto": storeProto,
  "common/money.proto": moneyProto,
  "users.proto": userProto,
};

/** As `protoc --include_imports` writes it. */
const userSet = encodeDescriptorSet(
  readProtoSet("users.proto", (name) =>
    texts[name] === undefined ? undefined : Buffer.from(texts[name]),
  ).files,
);

const errorDetailsProto = `syntax = "proto3";
package google.rpc;
message ResourceInfo { string resource_type = 1; string resource_name = 2; }
`;

/** A `google.rpc.Status` with one detail, which is a ResourceInfo whatever it says. */
function statusWithDetail(typeUrl: string): Buffer {
  const info = protobuf.parse(errorDetailsProto).root.lookupType("google.rpc.ResourceInfo");
  const { root } = protobuf.parse(`syntax = "proto3";
    message Any { string type_url = 1; bytes value = 2; }
    message Status { int32 code = 1; string message = 2; repeated Any details = 3; }`);
  const value = info.encode({ resourceName: "item 7" }).finish();
  const message = { code: 5, message: "so it is", details: [{ typeUrl, value }] };
  return Buffer.from(root.lookupType("Status").encode(message).finish());
}

const upstream = (name: string, port: number, service: string): string => `name: ${name}
type: static
spec: { hosts: [{ addr: 127.0.0.1, port: ${port} }] }
service_info:
${service}`;

interface Served {
  readonly status: number;
  readonly type: string | undefined;
  readonly json: unknown;
}

describe("gRPC functions through a real Envoy", () => {
  let gateway: FunctionGateway;
  let store: GrpcService;
  let users: GrpcService;

  before(async () => {
    store = await startGrpcService([moneyProto, storeProto], ["store.v1.Store", "store.v1.Admin"]);
    users = await startGrpcService([userProto], ["users.Users"]);
    gateway = await startFunctionGateway(builtinPlugins);
    // A port on which nobody listens: that of a server that is gone.
    const gone = await startGrpcService([userProto], ["users.Users"]);
    await gone.close();
    await gateway.publish({
      "files/store/v1/store.proto": storeProto,
      "files/common/money.proto": moneyProto,
      "files/google/rpc/error_details.proto": errorDetailsProto,
      "upstreams/store.yaml": upstream(
        "store",
        store.port,
        "  type: gRPC\n  properties: { service_names: [Store], descriptors_file_ref: store/v1/store.proto }",
      ),
      "files/users.pb": userSet,
      "upstreams/users.yaml": upstream(
        "users",
        users.port,
        "  type: gRPC\n  properties: { grpc_service_names: [users.Users], descriptors_file_ref: users.pb }",
      ),
      "upstreams/gone.yaml": upstream(
        "gone",
        gone.port,
        "  type: gRPC\n  properties: { service_names: [Users], descriptors_file_ref: users.pb }",
      ),
      "upstreams/rest.yaml": `${upstream("rest", gateway.backendPort, "  type: REST")}
functions: [{ name: greet, spec: { path: "/greet/{{ name }}" } }]
`,
      "virtualservices/all.yaml": `name: all
domains: ["*"]
routes:
  - { request_matcher: { path_prefix: /find }, single_destination: { function: { upstream_name: store, function_name: Find } } }
  - { request_matcher: { path_prefix: /watch }, single_destination: { function: { upstream_name: store, function_name: Store.Watch } } }
  - { request_matcher: { path_prefix: /one }, single_destination: { function: { upstream_name: store, function_name: Store.GetItem } } }
  - request_matcher: { path_prefix: /slow }
    single_destination: { function: { upstream_name: store, function_name: Find } }
    extensions: { timeout: 200ms }
  - request_matcher: { path_prefix: /t/ }
    single_destination: { function: { upstream_name: store, function_name: Find } }
    extensions:
      parameters:
        path: /t/{tenant}/{range.from}
        headers: { x-limit: "{limit}", x-tags: "a{tags}" }
        query: { q: "{text}", exact: "{exact}" }
  - request_matcher: { path_prefix: /mapped }
    single_destination: { function: { upstream_name: store, function_name: Find } }
    extensions:
      parameters: { query: { q: "{text}" } }
      response_template: { body: '{"item": "{{ id }}"}', headers: { x-made: "{{ count }}" } }
  - { request_matcher: { path_prefix: /user }, single_destination: { function: { upstream_name: users, function_name: Get } } }
  - { request_matcher: { path_prefix: /gone }, single_destination: { function: { upstream_name: gone, function_name: Users.Get } } }
  - request_matcher: { path_prefix: /greet }
    single_destination: { function: { upstream_name: rest, function_name: greet } }
    extensions: { parameters: { path: "/greet/{name}" } }
  - request_matcher: { path_prefix: /either }
    multiple_destinations:
      - { weight: 1, destination: { function: { upstream_name: users, function_name: Users.Get } } }
      - { weight: 1, destination: { function: { upstream_name: rest, function_name: greet } } }
    extensions: { parameters: { query: { q: "{name}" } } }
  - { request_matcher: { path_prefix: / }, single_destination: { upstream: { name: store } } }
`,
    });
  });

  after(async () => {
    await gateway.close();
    await store.close();
    await users.close();
  });

  beforeEach(() => {
    store.calls.length = 0;
    users.calls.length = 0;
    store.reply = () => ({ messages: [{ id: "7", count: 3 }] });
    users.reply = ({ request }) => ({ messages: [request] });
    gateway.answer = () => ({ body: "hello" });
  });

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Served> {
    const sent = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const type = sent === undefined ? {} : { "content-type": "application/json" };
    const response = await gateway.send({
      method,
      path,
      headers: { ...type, ...headers },
      ...(sent !== undefined && { body: sent }),
    });
    const isJson = response.headers["content-type"] === "application/json";
    return {
      status: response.status,
      type: response.headers["content-type"],
      json: isJson ? JSON.parse(response.text) : response.text,
    };
  }
  const ok = (json: unknown): Served => ({ status: 200, type: "application/json", json });
  const received = (service: GrpcService) => service.calls.map((one) => [one.method, one.request]);

  it("calls a method with the JSON body and the query as its message", async () => {
    const body = { text: "blue", range: { from: "1", to: "9007199254740993" }, tags: ["a"] };
    assert.deepEqual(
      await call("POST", "/find?limit=5&exact=true", body),
      ok({ id: "7", count: "3" }),
    );
    const message = {
      text: "blue",
      limit: 5,
      exact: true,
      tags: ["a"],
      range: { from: "1", to: "9007199254740993" },
    };
    assert.deepEqual(received(store), [["Find", message]]);
  });

  it("calls it whatever verb and path the route lets in, also without a body", async () => {
    for (const [method, path] of [
      ["GET", "/find/x?text=a%26b"],
      ["DELETE", "/find?text=a%26b&unknown=1"],
    ] as const) {
      store.calls.length = 0;
      assert.deepEqual(await call(method, path), ok({ id: "7", count: "3" }));
      assert.deepEqual(received(store), [["Find", { text: "a&b" }]]);
    }
  });

  it("answers with an array what a method streams", async () => {
    store.reply = () => ({ messages: [{ id: "1" }, { id: "2", tags: ["x"] }] });
    assert.deepEqual(await call("POST", "/watch", {}), ok([{ id: "1" }, { id: "2", tags: ["x"] }]));
    store.reply = () => ({ messages: [] });
    assert.deepEqual(await call("GET", "/watch"), ok([]));
  });

  it("takes parameters from path, query and headers, and leaves out those that are missing", async () => {
    await call("GET", "/t/acme%2Finc/12?q=x%20y&exact=true", undefined, {
      "x-limit": "3",
      "x-tags": "abc",
    });
    const message = {
      text: "x y",
      limit: 3,
      exact: true,
      tenant: "acme/inc",
      range: { from: "12" },
      tags: ["bc"],
    };
    assert.deepEqual(received(store), [["Find", message]]);
    store.calls.length = 0;
    await call("POST", "/t/acme/12?unasked=1", { text: "body", limit: 9 });
    assert.deepEqual(received(store), [
      ["Find", { text: "body", limit: 9, tenant: "acme", range: { from: "12" } }],
    ]);
  });

  it("lets no body take the place of a parameter", async () => {
    const { status: code, json } = await call("POST", "/t/acme/12", { tenant: "other" });
    assert.equal(code, 400);
    assert.match(String(json), /conflicting/);
    assert.deepEqual(store.calls, []);
  });

  it("transforms the response of a function", async () => {
    const response = await gateway.send({ path: "/mapped?q=a" });
    assert.equal(response.text, '{"item": "7"}');
    assert.equal(response.headers["x-made"], "3");
    assert.deepEqual(received(store), [["Find", { text: "a" }]]);
  });

  it("follows the annotations of methods, on routes to the upstream and to functions", async () => {
    await call("GET", "/v1/items/42");
    await call("PUT", "/v1/items/43", { count: "1" });
    await call("POST", "/v1/items?id=44", { price: { currency: "EUR", units: "5" } });
    await call("POST", "/store.v1.Store/Find", { text: "plain" });
    await call("GET", "/one?id=45");
    assert.deepEqual(received(store), [
      ["GetItem", { id: "42" }],
      ["PutItem", { id: "43", item: { count: "1" } }],
      ["PutItem", { id: "44", item: { price: { currency: "EUR", units: "5" } } }],
      ["Find", { text: "plain" }],
      ["GetItem", { id: "45" }],
    ]);
  });

  it("knows no other methods than those of the services that the upstream names", async () => {
    for (const [method, path] of [
      ["GET", "/v1/nothing"],
      ["POST", "/store.v1.Store/Nope"],
      ["POST", "/store.v1.Admin/Wipe"],
    ] as const) {
      assert.equal(
        (await call(method, path, method === "POST" ? {} : undefined)).status,
        404,
        path,
      );
    }
    assert.deepEqual(store.calls, []);
    // The path of another method is a path like any other on a function's route.
    await call("POST", "/find/store.v1.Store/GetItem", { text: "x" });
    assert.deepEqual(received(store), [["Find", { text: "x" }]]);
    assert.deepEqual(users.calls, []);
  });

  it("serves several upstreams, REST beside gRPC, and weights among them", async () => {
    assert.deepEqual(
      await call("POST", "/user", { name: "Ann", since: "2020-01-02T03:04:05Z" }),
      ok({ name: "Ann", since: "2020-01-02T03:04:05Z" }),
    );
    assert.equal((await gateway.deliver({ path: "/greet/ann" })).path, "/greet/ann");
    const answers = new Set<string>();
    for (let sent = 0; sent < 200 && answers.size < 2; sent++) {
      const { text } = await gateway.send({ path: "/either?q=bob" });
      answers.add(text);
    }
    assert.deepEqual([...answers].sort(), ["hello", '{"name":"bob"}']);
    assert.ok(gateway.received.some(({ path }) => path === "/greet/bob"));
  });

  it("lets clients that speak gRPC through as they are", async () => {
    const response = await gateway.send({
      method: "POST",
      path: "/store.v1.Admin/Wipe",
      headers: { "content-type": "application/grpc", te: "trailers" },
      body: Buffer.from([0, 0, 0, 0, 0]),
    });
    assert.match(String(response.headers["content-type"]), /^application\/grpc/);
    assert.deepEqual(received(store), [["Wipe", {}]]);
  });

  it("makes a status of HTTP and JSON of what the service says went wrong", async () => {
    for (const [code, http] of [
      [status.NOT_FOUND, 404],
      [status.INVALID_ARGUMENT, 400],
      [status.PERMISSION_DENIED, 403],
      [status.RESOURCE_EXHAUSTED, 429],
      [status.UNAVAILABLE, 503],
      [status.DEADLINE_EXCEEDED, 504],
      [status.INTERNAL, 500],
    ] as const) {
      store.reply = () => ({ error: { code, details: "so it is" } });
      const want = { status: http, type: "application/json", json: { code, message: "so it is" } };
      assert.deepEqual(await call("POST", "/find", {}), want);
      assert.deepEqual(await call("POST", "/watch", {}), want);
    }
  });

  it("gives the details of a status if their types are known, and the status in any case", async () => {
    const fail = (typeUrl: string) => {
      const metadata = new Metadata();
      metadata.set("grpc-status-details-bin", statusWithDetail(typeUrl));
      store.reply = () => ({ error: { code: status.NOT_FOUND, details: "so it is", metadata } });
      return call("POST", "/find", {});
    };
    for (const type of ["google.rpc.ResourceInfo", "store.v1.Refusal"]) {
      const known = await fail(`type.googleapis.com/${type}`);
      assert.equal(known.status, 404);
      assert.match(JSON.stringify(known.json), /"resourceName":"item 7"/);
    }
    const unknown = await fail("type.googleapis.com/nowhere.Type");
    assert.deepEqual([unknown.status, unknown.json], [404, ""]);
  });

  it("refuses bodies that are no message of the method", async () => {
    for (const body of ['{"text":', "[1]", "hello", '{"limit":"many"}', '{"order":"OLDEST"}']) {
      assert.equal((await call("POST", "/find", body)).status, 400, body);
    }
    assert.equal((await call("GET", "/find?limit=many")).status, 400);
    assert.deepEqual(store.calls, []);
  });

  it("takes large messages, and refuses those that are larger than the service takes", async () => {
    const text = "x".repeat(1_000_000);
    assert.equal((await call("POST", "/find", { text })).status, 200);
    assert.equal(store.calls[0]?.request["text"], text);
    store.calls.length = 0;
    // More than the 4 MiB of a gRPC server: Envoy itself says so if it has to hold that much at once.
    const large = await call("POST", "/find", { text: text.repeat(5) });
    assert.ok([413, 429].includes(large.status), String(large.status));
    assert.deepEqual(store.calls, []);
  });

  it("says so when the service does not answer, or is not there", async () => {
    store.reply = () => ({ hangs: true });
    assert.equal((await call("POST", "/slow", {})).status, 504);
    assert.equal((await call("POST", "/gone", {})).status, 503);
  });

  it("changes routes only: the listener stays as it is", async () => {
    const listeners = await gateway.admin("/config_dump?resource=dynamic_listeners");
    assert.doesNotMatch(listeners, /store\.v1|proto_descriptor/);
    assert.match(await gateway.admin("/config_dump?resource=dynamic_route_configs"), /store\.v1/);
  });
});
