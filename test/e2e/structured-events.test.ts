import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Any } from "../../src/envoy/generated/messages.js";
import { parseAnyJson } from "../../src/envoy/parse-proto-json.js";
import type { JsonObject } from "../../src/lib/json.js";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import type { TranslationPlugin } from "../../src/translate/plugin.js";
import { poll } from "../support/envoy-process.js";
import {
  startFunctionGateway,
  type FunctionGateway,
  type Sent,
} from "../support/function-gateway.js";
import { startBackend, type Backend } from "../support/backend.js";
import { startGoogleService, type GoogleService } from "../support/google-service.js";
import { startGrpcService, type GrpcService } from "../support/grpc-service.js";
import { startLambdaService, type LambdaService } from "../support/lambda-service.js";

const region = "eu-central-1";
const keys = { accessKeyId: "AKIDTEST", secretAccessKey: "secret" };
const structured = { "content-type": "application/cloudevents+json" };
const logProto = `syntax = "proto3";
package log;
service Log { rpc Add(Event) returns (Event); }
message Event { string type = 1; string specversion = 2; string id = 3; }
`;

/** The config of a filter, as Envoy's documents have it. */
function readConfig(type: string, fields: JsonObject): Any {
  const name = `type.googleapis.com/envoy.extensions.filters.http.${type}`;
  const { message, problems } = parseAnyJson({ "@type": name, ...fields });
  assert.deepEqual(problems, []);
  return message;
}

/** An event as its own body. */
function eventOf(type: unknown, rest: JsonObject = {}): string {
  return JSON.stringify({
    specversion: "1.0",
    id: "1",
    source: "/shop",
    type,
    ...rest,
  });
}

describe("CloudEvents in structured mode", () => {
  let gateway: FunctionGateway;
  let lambda: LambdaService;
  let google: GoogleService;
  let log: GrpcService;
  let copies: Backend;
  let folder: string;

  before(async () => {
    lambda = await startLambdaService(region, keys);
    lambda.functions = { adopt: ({ payload }) => ({ body: payload }) };
    google = await startGoogleService();
    google.functions = { "/report": "private" };
    log = await startGrpcService([logProto], ["log.Log"]);
    copies = await startBackend();
    folder = await mkdtemp(join(tmpdir(), "gloo-events-"));
    const upstreamCaFile = join(folder, "ca.pem");
    const certificates = [lambda.caFile, google.caFile].map((file) => readFile(file, "utf8"));
    await writeFile(upstreamCaFile, (await Promise.all(certificates)).join("\n"));
    gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile });
    await publish();
  });
  beforeEach(() => {
    gateway.received.length = 0;
    lambda.invocations.length = 0;
    google.received.length = 0;
    log.calls.length = 0;
    copies.received.length = 0;
    gateway.answer = () => ({ status: 202, body: "taken" });
  });
  after(async () => {
    await gateway.close();
    await lambda.close();
    await google.close();
    await log.close();
    await copies.close();
    await rm(folder, { recursive: true });
  });

  async function publish(): Promise<void> {
    const at = (name: string, port: number, rest: JsonObject = {}): JsonObject => ({
      name,
      type: "static",
      spec: { hosts: [{ addr: "127.0.0.1", port }] },
      ...rest,
    });
    const to = (name: string): JsonObject => ({ single_destination: { upstream: { name } } });
    const calls = (upstream_name: string, function_name: string): JsonObject => ({
      single_destination: { function: { upstream_name, function_name } },
    });
    const on = (event_type: string, rest: JsonObject): JsonObject => ({
      event_matcher: { event_type, format: "cloudevents" },
      ...rest,
    });
    const marked = (value: string): JsonObject => ({
      extensions: { add_request_headers: [{ key: "x-mark", value }] },
    });
    const config = {
      upstreams: [
        at("main", gateway.backendPort),
        at("copies", copies.port),
        at("gce-metadata", google.metadataPort),
        at("rest", gateway.backendPort, {
          service_info: { type: "REST" },
          functions: [
            {
              name: "notify",
              spec: { path: "/notify/{{ data.pet }}", body: '{"what": "{{ type }}"}' },
            },
          ],
        }),
        at("log", log.port, {
          service_info: {
            type: "gRPC",
            properties: { service_names: ["Log"], descriptors_file_ref: "log.proto" },
          },
        }),
        {
          name: "lambda",
          type: "aws",
          spec: { region, endpoint: lambda.url, secret_ref: "keys" },
          functions: [{ name: "adopt", spec: { function_name: "adopt" } }],
        },
        {
          name: "google",
          type: "google",
          spec: {
            region: "europe-west1",
            project_id: "shop-7",
            endpoint: google.url,
            id_token: { metadata_upstream: "gce-metadata" },
          },
          functions: [{ name: "report", spec: { url: `${google.url}/report` } }],
        },
      ],
      virtual_services: [
        {
          name: "events",
          domains: ["events"],
          routes: [
            {
              request_matcher: { path_exact: "/events", verbs: ["GET"] },
              ...to("main"),
              ...marked("get"),
            },
            {
              request_matcher: { path_exact: "/events", headers: { "x-first": "" } },
              ...to("main"),
              ...marked("first"),
            },
            on("pet.moved", { ...to("main"), prefix_rewrite: "/moved", ...marked("moved") }),
            on("pet.notified", calls("rest", "notify")),
            on("pet.adopted", calls("lambda", "adopt")),
            on("pet.logged", calls("log", "Add")),
            on("pet.reported", calls("google", "report")),
            on('Größe 100% "new"', { ...to("main"), ...marked("encoded") }),
            on("pet.copied", {
              ...to("main"),
              extensions: { fan_out: [{ upstream: { name: "copies" } }] },
            }),
            // Whatever it would add to a request must not be seen by an event that goes elsewhere.
            { request_matcher: { path_prefix: "/" }, ...calls("google", "report") },
          ],
        },
        {
          name: "plain",
          domains: ["plain"],
          routes: [{ request_matcher: { path_prefix: "/" }, ...to("main"), ...marked("plain") }],
        },
      ],
    };
    const secret = new Secret([
      ["access_key", keys.accessKeyId],
      ["secret_key", keys.secretAccessKey],
    ]);
    await gateway.publish(
      { "config.json": JSON.stringify(config), "files/log.proto": logProto },
      new Map([["keys", secret]]),
    );
    await gateway.resolved(["lambda", "google"]);
  }

  const post = (body: string | Buffer | undefined, rest: Partial<Sent> = {}): Sent => ({
    method: "POST",
    path: "/events?from=shop",
    ...rest,
    headers: { host: "events", ...structured, ...rest.headers },
    ...(body !== undefined && { body }),
  });

  it("go to the route of their type as they came, whatever the method", async () => {
    for (const method of ["POST", "PUT"]) {
      const body = eventOf("pet.moved", { data: { pet: "Rex" } });
      const got = await gateway.deliver(post(body, { method }));
      assert.equal(`${got.method} ${got.path}`, `${method} /moved?from=shop`);
      assert.equal(got.body.toString(), body);
      assert.equal(got.headers.host, "events");
      assert.equal(got.headers["content-length"], String(body.length));
      assert.equal(got.headers["x-mark"], "moved");
      assert.doesNotMatch(JSON.stringify(got.rawHeaders), /gloo|transfer-encoding/i);
    }
    const { status, text } = await gateway.send(post(eventOf("pet.moved")));
    assert.equal(`${status} ${text}`, "202 taken");
  });

  for (const type of [
    "application/cloudevents+json; charset=utf-8",
    "Application/CloudEvents+JSON ;charset=UTF-8",
  ]) {
    it(`are known by ${type}`, async () => {
      const headers = { "content-type": type };
      const got = await gateway.deliver(post(eventOf("pet.moved"), { headers }));
      assert.equal(got.headers["x-mark"], "moved");
      assert.equal(got.headers["content-type"], type);
    });
  }

  it("have types that are written in any way JSON knows", async () => {
    const type = 'Größe 100% "new"';
    const escaped = '"Gr\\u00f6\\u00DFe 100% \\u0022new\\""';
    for (const body of [eventOf(type), `{ "\\u0074ype" : ${escaped},"specversion":"1.0"}\n`]) {
      assert.equal((await gateway.deliver(post(body))).headers["x-mark"], "encoded");
    }
  });

  it("call a REST function with what is in their body", async () => {
    const got = await gateway.deliver(post(eventOf("pet.notified", { data: { pet: "Rex" } })));
    assert.equal(`${got.method} ${got.path}`, "POST /notify/Rex");
    assert.deepEqual(JSON.parse(got.body.toString()), { what: "pet.notified" });
  });

  it("call a function of AWS Lambda", async () => {
    const body = eventOf("pet.adopted");
    const { status, text } = await gateway.send(post(body));
    assert.equal(`${status} ${text}`, `200 ${body}`);
    assert.equal(lambda.invocations.length, 1);
  });

  it("call a function of gRPC", async () => {
    const { status } = await gateway.send(
      post(JSON.stringify({ specversion: "1.0", type: "pet.logged", id: "7" })),
    );
    assert.equal(status, 200);
    assert.equal(log.calls.length, 1);
    assert.match(JSON.stringify(log.calls[0]), /pet\.logged/);
  });

  it("call a function of Google with its token, and no other route adds it", async () => {
    const client = { authorization: "Bearer client" };
    await gateway.send(post(eventOf("pet.reported"), { headers: client }));
    assert.equal(google.received.length, 1);
    assert.notEqual(google.received[0]?.headers["authorization"], client.authorization);
    const got = await gateway.deliver(post(eventOf("pet.moved"), { headers: client }));
    assert.equal(got.headers["authorization"], client.authorization);
    assert.equal(google.received.length, 1);
  });

  it("are copied by fan_out", async () => {
    const body = eventOf("pet.copied");
    assert.equal((await gateway.send(post(body))).status, 202);
    const copy = await poll("the copy", async () => copies.received[0]);
    assert.equal(copy.body.toString(), body);
    assert.equal(`${copy.method} ${copy.path}`, "POST /events?from=shop");
  });

  it("go to a route that stands above those for events", async () => {
    const got = await gateway.deliver(post(eventOf("pet.moved"), { headers: { "x-first": "1" } }));
    assert.equal(got.headers["x-mark"], "first");
  });

  it("go by their body, whatever headers say", async () => {
    const headers = {
      "ce-type": "pet.adopted",
      "ce-specversion": "1.0",
      "x-gloo-event-type": "pet.adopted",
      "x-gloo-event-method": "DELETE",
      "x-gloo-event-length": "1",
    };
    const got = await gateway.deliver(post(eventOf("pet.moved"), { headers }));
    assert.equal(got.headers["x-mark"], "moved");
    assert.equal(got.method, "POST");
    const { status } = await gateway.send(post(eventOf("pet.new"), { headers }));
    assert.equal(status, 404);
    assert.equal(lambda.invocations.length, 0);
  });

  it("are nothing that headers alone can claim", async () => {
    const headers = {
      "content-type": "text/plain",
      host: "plain",
      "x-gloo-event-type": "pet.moved",
    };
    const got = await gateway.deliver(post("x", { headers }));
    assert.equal(got.headers["x-mark"], "plain");
    assert.equal(got.headers["x-gloo-event-type"], undefined);
    await gateway.send(post("x", { headers: { ...headers, host: "events" } }));
    assert.equal(google.received.length, 1, "it went to the route for all");
  });

  for (const [what, body, want] of [
    ["no body", undefined, "400 the request has no body"],
    ["an empty body", "", "400 the request has no body"],
    ["no JSON", "{", "400 the body is not JSON: unexpected text at byte 2"],
    ["JSON with more behind it", `${eventOf("pet.moved")}{}`, /^400 the body is not JSON/],
    ["a comma too many", '{"specversion":"1.0","type":"pet.moved",}', /^400 the body is not JSON/],
    [
      "bytes that are not UTF-8",
      Buffer.from([0x7b, 0xff]),
      /^400 the body is not JSON: it is not UTF-8/,
    ],
    ["a list", `[${eventOf("pet.moved")}]`, "400 the body is not a JSON object"],
    ["deep nesting", `{"a":${"[".repeat(100_000)}`, "400 the body is nested too deeply"],
    ["no type", '{"specversion":"1.0"}', '400 the event has no text as its "type"'],
    ["a type that is no text", eventOf(["pet.moved"]), '400 the event has no text as its "type"'],
    ["an empty type", eventOf(""), '400 the event has no text as its "type"'],
    [
      "a type of something inside",
      eventOf(null, { data: { type: "pet.moved" } }),
      /^400 .*"type"$/,
    ],
    [
      "two types",
      `{"type":"pet.moved",${eventOf("pet.new").slice(1)}`,
      '400 the event has "type" twice',
    ],
    [
      "another version",
      eventOf("pet.moved", { specversion: "0.3" }),
      /^400 .*"specversion" of "1\.0"$/,
    ],
    ["a type that no route takes", eventOf("pet.new"), "404 no route takes events of this type"],
  ] as const) {
    it(`are refused with ${what}`, async () => {
      const { status, text } = await gateway.send(post(body));
      const answer = `${status} ${text.trimEnd()}`;
      if (typeof want === "string") assert.equal(answer, want);
      else assert.match(answer, want);
      assert.equal(gateway.received.length + google.received.length, 0);
    });
  }

  for (const headers of [
    { "content-type": "application/cloudevents-batch+json" },
    { "content-type": "application/cloudevents+avro" },
    { "content-type": "application/cloudevents+json", "content-encoding": "gzip" },
  ]) {
    it(`are refused as ${Object.values(headers).join(", ")}`, async () => {
      const { status, text } = await gateway.send(post(`[${eventOf("pet.moved")}]`, { headers }));
      assert.equal(status, 415);
      assert.match(text, /^events are taken /);
      assert.equal(gateway.received.length + google.received.length, 0);
    });
  }

  it("may be as large as what Envoy holds of a request", async () => {
    const fill = 1024 * 1024 - eventOf("pet.moved", { data: "" }).length;
    const body = eventOf("pet.moved", { data: "x".repeat(fill) });
    assert.equal((await gateway.deliver(post(body))).body.toString(), body);
    const { status } = await gateway.send(
      post(eventOf("pet.moved", { data: "x".repeat(2 * fill) })),
    );
    assert.equal(status, 413);
  });

  it("come in chunks, and over HTTP/2", async () => {
    const headers = { "transfer-encoding": "chunked" };
    const body = eventOf("pet.moved", { data: "x".repeat(100_000) });
    assert.equal((await gateway.deliver(post(body, { headers }))).body.toString(), body);
    const session = connect(`http://127.0.0.1:${gateway.port}`);
    try {
      const stream = session.request({
        ":method": "POST",
        ":path": "/events",
        ":authority": "events",
        ...structured,
      });
      const answered = new Promise<unknown>((resolve, reject) => {
        stream.on("response", (head) => resolve(head[":status"])).on("error", reject);
      });
      stream.write(body.slice(0, 10));
      stream.end(body.slice(10));
      assert.equal(await answered, 202);
      assert.equal(gateway.received.at(-1)?.body.toString(), body);
    } finally {
      session.close();
    }
  });

  it("leave the bodies of all other requests unread", async () => {
    const body = Buffer.alloc(4 * 1024 * 1024, "x");
    for (const headers of [
      { "content-type": "application/json", "ce-type": "pet.moved", "ce-specversion": "1.0" },
      { ...structured, host: "plain" },
    ]) {
      assert.equal((await gateway.deliver(post(body, { headers }))).body.length, body.length);
    }
  });
});

describe("filters of a listener, and CloudEvents in structured mode", () => {
  const filters: TranslationPlugin = {
    name: "test-filters",
    httpFilters: () => [
      {
        stage: "auth",
        filter: {
          name: "envoy.filters.http.rbac",
          disabled: true,
          typed_config: readConfig("rbac.v3.RBAC", { rules: { action: "ALLOW" } }),
        },
      },
      {
        stage: "custom",
        filter: {
          name: "envoy.filters.http.custom_response",
          typed_config: readConfig("custom_response.v3.CustomResponse", {
            custom_response_matcher: {
              matcher_list: {
                matchers: [
                  {
                    predicate: {
                      single_predicate: {
                        input: {
                          name: "status",
                          typed_config: {
                            "@type":
                              "type.googleapis.com/envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput",
                          },
                        },
                        value_match: { exact: "503" },
                      },
                    },
                    on_match: {
                      action: {
                        name: "teapot",
                        typed_config: {
                          "@type":
                            "type.googleapis.com/envoy.extensions.http.custom_response.local_response_policy.v3.LocalResponsePolicy",
                          status_code: 418,
                        },
                      },
                    },
                  },
                ],
              },
            },
          }),
        },
      },
      {
        stage: "fault",
        filter: {
          name: "seen",
          typed_config: readConfig("header_mutation.v3.HeaderMutation", {
            mutations: {
              request_mutations: [
                { append: { header: { key: "x-seen", value: "%REQ(:METHOD)%" } } },
              ],
            },
          }),
        },
      },
    ],
  };
  /** Lets nobody in, where a route switches it on. */
  const closed = {
    "envoy.filters.http.rbac": {
      "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
      config: {},
    },
  };
  let gateway: FunctionGateway;

  before(async () => {
    gateway = await startFunctionGateway([...builtinPlugins, filters]);
    const to = { single_destination: { upstream: { name: "main" } } };
    const on = (event_type: string, envoy: JsonObject): JsonObject => ({
      event_matcher: { event_type, format: "cloudevents" },
      ...to,
      extensions: { envoy },
    });
    const config = {
      upstreams: [
        {
          name: "main",
          type: "static",
          spec: { hosts: [{ addr: "127.0.0.1", port: gateway.backendPort }] },
        },
      ],
      virtual_services: [
        {
          name: "events",
          domains: ["events"],
          routes: [
            on("closed", closed),
            on("open", {}),
            { request_matcher: { path_prefix: "/" }, ...to, extensions: { envoy: closed } },
          ],
        },
      ],
    };
    await gateway.publish({ "config.json": JSON.stringify(config) });
  });
  after(() => gateway.close());

  const post = (type: string): Sent => ({
    method: "POST",
    path: "/events",
    headers: { host: "events", ...structured },
    body: eventOf(type),
  });

  it("are those of the event's own route, and of no other", async () => {
    assert.equal((await gateway.send(post("closed"))).status, 403);
    assert.equal((await gateway.send(post("open"))).status, 200);
    const other = { path: "/other", headers: { host: "events" } };
    assert.equal((await gateway.send(other)).status, 403);
  });

  it("leave the status of the answer as it is", async () => {
    gateway.answer = () => ({ status: 503, body: "down" });
    const { status, text } = await gateway.send(post("open"));
    assert.equal(`${status} ${text}`, "503 down");
    const headers = { host: "events", "ce-type": "open", "ce-specversion": "1.0" };
    assert.equal((await gateway.send({ path: "/events", headers })).status, 418);
    gateway.answer = () => ({});
  });

  it("see an event once, with its method", async () => {
    assert.equal((await gateway.deliver(post("open"))).headers["x-seen"], "POST");
  });
});
