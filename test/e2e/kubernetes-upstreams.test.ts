import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
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

// Resolvers give all names below `localhost` the addresses of loopback, without asking anyone:
// https://www.rfc-editor.org/rfc/rfc6761#section-6.3
const clusterDomain = "localhost";

function upstream(name: string, port: number, spec: JsonObject = {}, more: JsonObject = {}) {
  const service = { service_name: "pets", service_namespace: "shop", service_port: port };
  return {
    name,
    type: "kubernetes",
    spec: { ...service, cluster_domain: clusterDomain, ...spec },
    ...more,
  };
}

describe("upstreams of type kubernetes", () => {
  let gateway: FunctionGateway;
  let secure: CloudService;
  let greeter: GrpcService;
  before(async () => {
    secure = await startCloudService(["pets.shop.svc.localhost"]);
    greeter = await startGrpcService([greeterProto], ["greeter.Greeter"]);
    greeter.reply = ({ request }) => ({ messages: [request] });
    gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile: secure.caFile });
    const { backendPort } = gateway;
    const securePort = Number(new URL(secure.url).port);
    const upstreams = [
      upstream("plain", backendPort),
      upstream("secure", securePort, { tls: true }),
      upstream("impostor", securePort, { tls: true, service_name: "dogs" }),
      upstream(
        "rest",
        backendPort,
        {},
        {
          service_info: { type: "REST" },
          functions: [{ name: "greet", spec: { path: "/greet/{{ name }}" } }],
        },
      ),
      upstream(
        "grpc",
        greeter.port,
        {},
        {
          service_info: {
            type: "gRPC",
            properties: { service_names: ["Greeter"], descriptors_file_ref: "greeter.proto" },
          },
          functions: [{ name: "Greet" }],
        },
      ),
    ];
    await gateway.publish({
      "files/greeter.proto": greeterProto,
      "config.json": JSON.stringify({
        upstreams,
        virtual_services: [
          {
            name: "all",
            routes: [
              ...["plain", "secure", "impostor"].map((name) => ({
                request_matcher: { path_prefix: `/${name}` },
                single_destination: { upstream: { name } },
              })),
              {
                request_matcher: { path_prefix: "/rest" },
                single_destination: { function: { upstream_name: "rest", function_name: "greet" } },
                extensions: { parameters: { path: "/rest/{name}" } },
              },
              {
                request_matcher: { path_prefix: "/grpc" },
                single_destination: { function: { upstream_name: "grpc", function_name: "Greet" } },
              },
            ],
          },
        ],
      }),
    });
    await gateway.resolved(upstreams.map(({ name }) => name));
  });
  after(async () => {
    await gateway.close();
    await secure.close();
    await greeter.close();
  });

  it("are found by the name of the Service, and get the host that the client asked for", async () => {
    const got = await gateway.deliver({ path: "/plain/7", headers: { host: "pets.example" } });
    assert.equal(`${got.path} ${got.headers.host}`, "/plain/7 pets.example");
  });

  it("speak TLS with the Service's name", async () => {
    const { status } = await gateway.send({ path: "/secure", headers: { host: "pets.example" } });
    assert.equal(status, 200);
    assert.deepEqual(
      secure.received.map(({ path, headers }) => `${path} ${headers.host}`),
      ["/secure pets.example"],
    );
  });

  it("do not take a certificate for another Service", async () => {
    const { status } = await gateway.send({ path: "/impostor" });
    assert.equal(status, 503);
    const failures = await gateway.admin("/stats?filter=^cluster.impostor.ssl.fail_verify_san$");
    assert.match(failures, /: [1-9]/);
  });

  it("have functions of REST services", async () => {
    const got = await gateway.deliver({ path: "/rest/Ann" });
    assert.equal(got.path, "/greet/Ann");
  });

  it("have functions of gRPC services", async () => {
    const headers = { "content-type": "application/json" };
    const response = await gateway.send({
      method: "POST",
      path: "/grpc",
      headers,
      body: '{"name": "Ann"}',
    });
    assert.equal(`${response.status} ${response.text}`, '200 {"name":"Ann"}');
    assert.deepEqual(
      greeter.calls.map(({ method }) => method),
      ["Greet"],
    );
  });
});
