import type { JsonObject } from "../../src/lib/json.js";
import { Secret, type Secrets } from "../../src/model/secret.js";
import type { TreeContent } from "../support/tree.js";

/**
 * A kind of route that benchmark P8 measures: to an upstream, to a REST function that has a template for the
 * body alone or for path, header and body, to one of AWS Lambda, and to one of gRPC.
 */
export type Kind = "plain" | "body" | "rest" | "lambda" | "grpc";

/** What a client sends to a route, and gets: `/<kind>/7` and this body. */
export const clientBody = '{"name": "Rex", "tags": ["a", "b"]}';
/** What the back ends answer; that of gRPC, made of the message. */
export const answers: Readonly<Record<Kind, string>> = {
  plain: '{"name":"Rex"}',
  body: '{"name":"Rex"}',
  rest: '{"name":"Rex"}',
  lambda: '{"name":"Rex"}',
  grpc: '{"id":"7","name":"Rex"}',
};
/** What a REST function makes of the body. */
export const restBody = '{"pet": {"id": 7, "name": "Rex"}}';
/** What the gRPC function calls. */
export const grpcMethod = "/pets.Pets/Rename";

const proto = `syntax = "proto3";
package pets;
service Pets { rpc Rename(Pet) returns (Pet); }
message Pet { string id = 1; string name = 2; }
`;

/** The keys that calls of Lambda are signed with. */
export const secrets: Secrets = new Map([
  [
    "keys",
    new Secret([
      ["access_key", "AKIDTEST"],
      ["secret_key", "wJalr/XUtn+FEMI=K7MDENG"],
    ]),
  ],
]);

/** The config of one route of each kind. */
export function oneOfEach(backPort: number, grpcPort: number): Record<string, TreeContent> {
  const upstreams = [
    restUpstream(backPort, [
      { name: "rename", spec: restFunction("/api/pets") },
      { name: "body", spec: { body: '{"pet": {"id": 7, "name": "{{ name }}"}}' } },
    ]),
    {
      name: "lambda",
      type: "aws",
      spec: {
        region: "eu-central-1",
        endpoint: `http://127.0.0.1:${backPort}`,
        secret_ref: "keys",
      },
      functions: [{ name: "rename", spec: { function_name: "rename" } }],
    },
    {
      ...hostedUpstream("grpc", grpcPort),
      service_info: {
        type: "gRPC",
        properties: { service_names: ["Pets"], descriptors_file_ref: "pets.proto" },
      },
    },
  ];
  const routes = [
    route("/plain/", { upstream: { name: "rest" } }),
    route("/body/", { function: { upstream_name: "rest", function_name: "body" } }),
    routeTo("rest", "rename"),
    route("/lambda/", { function: { upstream_name: "lambda", function_name: "rename" } }),
    routeTo("grpc", "Rename"),
  ];
  return {
    "files/pets.proto": proto,
    "config.json": JSON.stringify({ upstreams, virtual_services: [{ name: "all", routes }] }),
  };
}

/** The config of many routes, `/<kind>/0/` and so on; those to functions have templates of their own. */
export function manyRoutes(
  count: number,
  kind: "plain" | "rest",
  backPort: number,
): Record<string, TreeContent> {
  const names = Array.from({ length: count }, (_, index) => String(index));
  const functions = names.map((name) => ({ name, spec: restFunction(`/api/${name}`) }));
  const upstreams = [restUpstream(backPort, kind === "rest" ? functions : [])];
  const routes = names.map((name) =>
    kind === "plain"
      ? route(`/plain/${name}/`, { upstream: { name: "rest" } })
      : routeTo("rest", name, `/rest/${name}/`),
  );
  return {
    "config.json": JSON.stringify({ upstreams, virtual_services: [{ name: "all", routes }] }),
  };
}

function restFunction(path: string): JsonObject {
  return {
    path: `${path}/{{ id }}`,
    headers: { ":method": "PUT", "x-user": '{{ default(user, "anonymous") }}' },
    body: '{"pet": {"id": {{ id }}, "name": "{{ name }}"}}',
  };
}

function restUpstream(port: number, functions: readonly JsonObject[]): JsonObject {
  return { ...hostedUpstream("rest", port), service_info: { type: "REST" }, functions };
}

function hostedUpstream(name: string, port: number): JsonObject {
  return { name, type: "static", spec: { hosts: [{ addr: "127.0.0.1", port }] } };
}

function route(prefix: string, destination: JsonObject, extensions: JsonObject = {}): JsonObject {
  return {
    request_matcher: { path_prefix: prefix },
    single_destination: destination,
    extensions,
  };
}

/** A route to a function that takes a parameter from the path. */
function routeTo(upstream: string, name: string, prefix = `/${upstream}/`): JsonObject {
  const destination = { function: { upstream_name: upstream, function_name: name } };
  return route(prefix, destination, { parameters: { path: `${prefix}{id}` } });
}
