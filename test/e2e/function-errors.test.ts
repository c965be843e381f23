import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { status } from "@grpc/grpc-js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import type { JsonObject } from "../../src/lib/json.js";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startAzureService, type AzureService } from "../support/azure-service.js";
import { startBackend, type Backend } from "../support/backend.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startGoogleService, type GoogleService } from "../support/google-service.js";
import { startGrpcService, type GrpcService } from "../support/grpc-service.js";
import { startLambdaService, type LambdaService } from "../support/lambda-service.js";

const region = "eu-central-1";
const keys = { accessKeyId: "AKIDTEST", secretAccessKey: "secret" };
const servedProto = `syntax = "proto3";
package pets;
service Pets { rpc Get(Pet) returns (Pet); }
message Pet { string name = 1; }
`;
/** What the gateway is told: the service has a method less than that. */
const toldProto = servedProto.replace("{ rpc", "{ rpc Drop(Pet) returns (Pet); rpc");

type Kind = "REST" | "AWS Lambda" | "Google" | "Azure" | "gRPC";
/** Upstream and function that a fault is provoked with, and the body of the request. */
type Provoke = readonly [upstream: string, functionName: string, body?: string | Buffer];

const large = Buffer.alloc(2 * 1024 * 1024, 32).fill("{}", 0, 2);

/** By the rows of docs/functions/errors.md. */
const provoked: Readonly<Record<string, Partial<Record<Kind, Provoke>>>> = {
  "A parameter of the request is missing": {
    REST: ["rest", "get"],
    gRPC: ["grpc", "Get"],
  },
  "The body is no JSON": {
    REST: ["rest", "make", "{"],
    "AWS Lambda": ["aws", "echo", "{"],
    Google: ["google", "report", "{"],
    Azure: ["azure", "resize", "{"],
    gRPC: ["grpc", "Get", "{"],
  },
  "The gateway has no credentials": {
    "AWS Lambda": ["aws-empty", "echo"],
    Google: ["google-empty", "report"],
    Azure: ["azure-empty", "resize"],
  },
  "The gateway's credentials are wrong": {
    REST: ["rest", "private"],
    "AWS Lambda": ["aws-wrong", "echo"],
    Google: ["google-wrong", "report"],
    Azure: ["azure-wrong", "resize"],
    gRPC: ["grpc", "Get", '{"name": "private"}'],
  },
  "The back end knows no such function": {
    REST: ["rest", "missing"],
    "AWS Lambda": ["aws", "missing"],
    Google: ["google", "missing"],
    Azure: ["azure", "missing"],
    gRPC: ["grpc", "Drop"],
  },
  "The body is larger than Envoy holds in memory": {
    REST: ["rest", "make", large],
    "AWS Lambda": ["aws", "echo", large],
    Google: ["google", "report", large],
    Azure: ["azure", "resize", large],
    gRPC: ["grpc", "Get", large],
  },
  "There is no answer within the route's `timeout`": {
    REST: ["rest", "slow"],
    "AWS Lambda": ["aws", "slow"],
    Google: ["google", "slow"],
    Azure: ["azure", "slow"],
    gRPC: ["grpc", "Get", '{"name": "slow"}'],
  },
  "Nothing answers at the back end's address": {
    REST: ["rest-gone", "missing"],
    "AWS Lambda": ["aws-gone", "echo"],
    Google: ["google-gone", "greet"],
    Azure: ["azure-gone", "ping"],
    gRPC: ["grpc-gone", "Get"],
  },
};

/** The table of the page: by what is wrong and the kind of function, what the page says. */
function readTable(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const page = readFileSync(new URL("../../docs/functions/errors.md", import.meta.url), "utf8");
  const cellsOf = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const [head = "", , ...rows] = page.split("\n").filter((line) => line.startsWith("|"));
  const [, ...kinds] = cellsOf(head);
  return Object.fromEntries(
    rows
      .map(cellsOf)
      .map(([wrong = "", ...cells]) => [
        wrong,
        Object.fromEntries(kinds.map((kind, index) => [kind, cells[index] ?? ""])),
      ]),
  );
}

describe("docs/functions/errors.md", () => {
  let folder: string;
  let lambda: LambdaService;
  let google: GoogleService;
  let azure: AzureService;
  let grpc: GrpcService;
  let backend: Backend;
  let gateway: FunctionGateway;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-errors-"));
    lambda = await startLambdaService(region, keys);
    lambda.functions = {
      echo: ({ payload }) => {
        try {
          return { body: JSON.stringify(JSON.parse(payload)) };
        } catch {
          // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
          return { status: 400, headers: { "x-amzn-errortype": "InvalidRequestContentException" } };
        }
      },
      slow: () => undefined,
    };
    google = await startGoogleService();
    google.functions = { "/greet": "public", "/report": "private" };
    azure = await startAzureService();
    azure.keys = { resize: "key" };
    azure.functions = {
      "/api/ping": { level: "anonymous" },
      "/api/resize": { level: "function", key: "resize" },
    };
    for (const cloud of [google, azure]) {
      const { answer } = cloud;
      cloud.answer = (request) => (request.path.includes("slow") ? undefined : answer(request));
    }
    grpc = await startGrpcService([servedProto], ["pets.Pets"]);
    grpc.reply = ({ request }) => {
      if (request["name"] === "slow") return { hangs: true };
      if (request["name"] !== "private") return { messages: [request] };
      return { error: { code: status.PERMISSION_DENIED, details: "not you" } };
    };
    backend = await startBackend();
    backend.answer = ({ path }) => {
      if (path === "/slow") return undefined;
      return { status: path === "/missing" ? 404 : path === "/private" ? 401 : 200 };
    };
    const upstreamCaFile = join(folder, "ca.pem");
    const authorities = [lambda, google, azure].map(({ caFile }) => readFileSync(caFile, "utf8"));
    await writeFile(upstreamCaFile, authorities.join("\n"));
    gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile });
    const upstreams = await upstreamsOf();
    await gateway.publish(
      {
        "files/pets.proto": toldProto,
        "config.json": JSON.stringify({
          upstreams,
          virtual_services: [{ name: "all", routes: upstreams.flatMap(routesTo) }],
        }),
      },
      secrets(),
    );
    await gateway.resolved(upstreams.map(({ name }) => String(name)));
  });
  after(async () => {
    await gateway.close();
    for (const service of [lambda, google, azure, grpc, backend]) await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  function secrets(): ReadonlyMap<string, Secret> {
    const aws = (secret: string) => [
      ["access_key", secret === "" ? "" : keys.accessKeyId] as const,
      ["secret_key", secret] as const,
    ];
    const { url } = google;
    return new Map([
      ["aws", new Secret(aws(keys.secretAccessKey))],
      ["aws-wrong", new Secret(aws("another"))],
      ["aws-empty", new Secret(aws(""))],
      ["google", new Secret([["token", google.tokenFor(`${url}/report`)]])],
      ["google-wrong", new Secret([["token", google.tokenFor("https://other")]])],
      ["google-empty", new Secret([["token", ""]])],
      ["azure", new Secret([["_master", "key"]])],
      ["azure-wrong", new Secret([["_master", "another"]])],
      ["azure-empty", new Secret([["_master", ""]])],
    ]);
  }

  /** One of each kind for each way to have credentials, and one whose back end is gone. */
  async function upstreamsOf(): Promise<readonly JsonObject[]> {
    const gone = await freePort();
    const goneUrl = `http://127.0.0.1:${gone}`;
    const aws = (name: string, secret_ref: string, endpoint: string): JsonObject => ({
      name,
      type: "aws",
      spec: { region, endpoint, secret_ref },
      functions: ["echo", "slow", "missing"].map((own) => ({
        name: own,
        spec: { function_name: own },
      })),
    });
    const ofGoogle = (name: string, secret_ref: string, endpoint: string): JsonObject => ({
      name,
      type: "google",
      spec: { endpoint, id_token: { secret_ref } },
      functions: [
        { name: "report", spec: { url: `${endpoint}/report` } },
        ...["greet", "slow", "missing"].map((own) => ({
          name: own,
          spec: { url: `${endpoint}/${own}`, public: true },
        })),
      ],
    });
    const ofAzure = (name: string, secret_ref: string, endpoint: string): JsonObject => ({
      name,
      type: "azure",
      spec: { function_app_name: "shop", endpoint, secret_ref },
      functions: [
        { name: "resize", spec: { function_name: "resize", auth_level: "function" } },
        ...["ping", "slow", "missing"].map((own) => ({
          name: own,
          spec: { function_name: own, auth_level: "anonymous" },
        })),
      ],
    });
    const at = (name: string, port: number, rest: JsonObject): JsonObject => ({
      name,
      type: "static",
      spec: { hosts: [{ addr: "127.0.0.1", port }] },
      ...rest,
    });
    const rest: JsonObject = {
      service_info: { type: "REST" },
      functions: [
        { name: "get", spec: { path: "/pets/{{ id }}" } },
        { name: "make", spec: { body: '{"name": {{ default(name, null) }}}' } },
        ...["private", "missing", "slow"].map((name) => ({ name, spec: { path: `/${name}` } })),
      ],
    };
    const ofGrpc: JsonObject = {
      service_info: {
        type: "gRPC",
        properties: { service_names: ["Pets"], descriptors_file_ref: "pets.proto" },
      },
      functions: [{ name: "Get" }, { name: "Drop" }],
    };
    return [
      at("rest", backend.port, rest),
      at("rest-gone", gone, rest),
      at("grpc", grpc.port, ofGrpc),
      at("grpc-gone", gone, ofGrpc),
      ...["aws", "aws-wrong", "aws-empty"].map((name) => aws(name, name, lambda.url)),
      aws("aws-gone", "aws", goneUrl),
      ...["google", "google-wrong", "google-empty"].map((name) => ofGoogle(name, name, google.url)),
      ofGoogle("google-gone", "google", goneUrl),
      ...["azure", "azure-wrong", "azure-empty"].map((name) => ofAzure(name, name, azure.url)),
      ofAzure("azure-gone", "azure", goneUrl),
    ];
  }

  /** A route from `/<upstream>/<function>` to each function. */
  function routesTo({ name, functions }: JsonObject): readonly JsonObject[] {
    return (functions as readonly JsonObject[]).map((own) => ({
      request_matcher: { path_exact: `/${String(name)}/${String(own["name"])}` },
      single_destination: {
        function: { upstream_name: name ?? null, function_name: own["name"] ?? null },
      },
      extensions: { timeout: "2s" },
    }));
  }

  const table = readTable();
  it("has the rows and columns that are tested", () => {
    assert.deepEqual(Object.keys(table), Object.keys(provoked));
    for (const [wrong, cells] of Object.entries(table)) {
      const said = Object.entries(cells).filter(([, cell]) => cell !== "–");
      assert.deepEqual(
        said.map(([kind]) => kind),
        Object.keys(provoked[wrong] ?? {}),
        wrong,
      );
    }
  });

  for (const [wrong, byKind] of Object.entries(provoked)) {
    it(wrong, async () => {
      for (const [kind, [upstream, functionName, body = "{}"]] of Object.entries(byKind)) {
        const send = () =>
          gateway.send({
            method: "POST",
            path: `/${upstream}/${functionName}`,
            headers: { "content-type": "application/json" },
            body,
          });
        // Keys and tokens reach Envoy after the routes that need them.
        const response = await poll("the credentials", async () => {
          const answer = await send();
          const isEarly = answer.text.startsWith("the function cannot be called");
          return isEarly && !upstream.endsWith("-empty") ? undefined : answer;
        });
        assert.equal(String(response.status), table[wrong]?.[kind], `${kind}: ${response.text}`);
      }
    });
  }
});
