import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { JsonObject } from "../../src/lib/json.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startCloudService, type CloudService } from "../support/cloud-service.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startGrpcService, type GrpcService } from "../support/grpc-service.js";

const greeterProto = `syntax = "proto3";
package greeter;
service Greeter { rpc Greet(Name) returns (Name); }
message Name { string name = 1; }
`;

function upstream(name: string, ingress: string, more: JsonObject = {}) {
  return { name, type: "knative", spec: { hostname: `${name}.shop.example`, ingress }, ...more };
}

function routeTo(name: string, extensions?: JsonObject): JsonObject {
  return {
    request_matcher: { path_prefix: `/${name}` },
    single_destination: { upstream: { name } },
    ...(extensions && { extensions }),
  };
}

/** What the gateway of Knative goes by. */
const hostsOf = (received: readonly { headers: { host?: string | undefined } }[]) =>
  received.map(({ headers }) => headers.host);

describe("upstreams of type knative", () => {
  let gateway: FunctionGateway;
  let secure: CloudService;
  let greeter: GrpcService;
  before(async () => {
    secure = await startCloudService(["secure.shop.example"]);
    greeter = await startGrpcService([greeterProto], ["greeter.Greeter"]);
    greeter.reply = ({ request }) => ({ messages: [request] });
    gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile: secure.caFile });
    const ingress = `http://ingress.istio-system.svc.localhost:${gateway.backendPort}`;
    const service_info = { type: "REST" };
    const functions = [
      { name: "greet", spec: { path: "/greet/{{ name }}" } },
      { name: "as-other", spec: { headers: { ":authority": "other.example" } } },
    ];
    const properties = { service_names: ["Greeter"], descriptors_file_ref: "greeter.proto" };
    const upstreams = [
      upstream("hello", ingress),
      upstream("bye", ingress),
      upstream("rest", ingress, { service_info, functions }),
      upstream("secure", secure.url),
      upstream("impostor", secure.url),
      upstream("grpc", `http://localhost:${greeter.port}`, {
        service_info: { type: "gRPC", properties },
        functions: [{ name: "Greet" }],
      }),
    ];
    const weighted = ["hello", "bye", "pets"].map((name) => ({
      destination: { upstream: { name } },
      weight: 1,
    }));
    const call = (upstream_name: string, function_name: string, path: string): JsonObject => ({
      request_matcher: { path_prefix: path },
      single_destination: { function: { upstream_name, function_name } },
    });
    await gateway.publish({
      "files/greeter.proto": greeterProto,
      "config.json": JSON.stringify({
        upstreams: [
          ...upstreams,
          {
            name: "pets",
            type: "static",
            spec: { hosts: [{ addr: "127.0.0.1", port: gateway.backendPort }] },
          },
        ],
        virtual_services: [
          {
            name: "all",
            routes: [
              routeTo("hello", { max_retries: 1 }),
              routeTo("bye", { host_rewrite: "other.example" }),
              { request_matcher: { path_prefix: "/any" }, multiple_destinations: weighted },
              routeTo("secure"),
              routeTo("impostor"),
              {
                ...call("rest", "greet", "/greet"),
                extensions: { parameters: { path: "/greet/{name}" } },
              },
              call("rest", "as-other", "/as-other"),
              call("grpc", "Greet", "/grpc"),
            ],
          },
        ],
      }),
    });
    await gateway.resolved(upstreams.map(({ name }) => name));
  });
  beforeEach(() => {
    gateway.received.length = 0;
    gateway.answer = () => ({});
  });
  after(async () => {
    await gateway.close();
    await secure.close();
    await greeter.close();
  });

  it("are asked for by their host names, also in a retry", async () => {
    gateway.answer = () => ({ status: gateway.received.length === 1 ? 503 : 200 });
    const headers = { host: "client.example" };
    const { status } = await gateway.send({ path: "/hello", headers });
    assert.equal(status, 200);
    const host = "hello.shop.example";
    assert.deepEqual(hostsOf(gateway.received), [host, host]);
  });

  it("have each their own host name in a route with several destinations", async () => {
    for (let count = 0; count < 100; count += 1) {
      await gateway.send({ path: "/any", headers: { host: "client.example" } });
    }
    assert.deepEqual([...new Set(hostsOf(gateway.received))].sort(), [
      "bye.shop.example",
      "client.example",
      "hello.shop.example",
    ]);
  });

  it("are asked for by another host name where the route or a function says so", async () => {
    await gateway.send({ path: "/bye" });
    await gateway.send({ path: "/as-other" });
    assert.deepEqual(hostsOf(gateway.received), ["other.example", "other.example"]);
  });

  it("have functions of REST services", async () => {
    const got = await gateway.deliver({ path: "/greet/Ann" });
    assert.equal(`${got.path} ${got.headers.host}`, "/greet/Ann rest.shop.example");
  });

  it("have functions of gRPC services", async () => {
    const headers = { "content-type": "application/json" };
    const { status, text } = await gateway.send({
      method: "POST",
      path: "/grpc",
      headers,
      body: '{"name": "Ann"}',
    });
    assert.equal(`${status} ${text}`, '200 {"name":"Ann"}');
  });

  it("are reached by TLS with a certificate for the host name, and no other", async () => {
    assert.equal((await gateway.send({ path: "/secure" })).status, 200);
    assert.deepEqual(hostsOf(secure.received), ["secure.shop.example"]);
    assert.equal((await gateway.send({ path: "/impostor" })).status, 503);
    const failures = await gateway.admin("/stats?filter=^cluster.impostor.ssl.fail_verify_san$");
    assert.match(failures, /: [1-9]/);
  });
});
