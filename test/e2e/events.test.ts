import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { JsonObject } from "../../src/lib/json.js";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startLambdaService, type LambdaService } from "../support/lambda-service.js";
import { startBackend, type Backend } from "../support/backend.js";

const region = "eu-central-1";
const keys = { accessKeyId: "AKIDTEST", secretAccessKey: "secret" };
const event = '{"pet": "Rex"}';

describe("a route with fan_out", () => {
  let gateway: FunctionGateway;
  let lambda: LambdaService;
  let copies: readonly Backend[];

  before(async () => {
    lambda = await startLambdaService(region, keys);
    lambda.functions = { adopt: ({ payload }) => ({ body: payload }) };
    copies = [await startBackend(), await startBackend()];
    gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile: lambda.caFile });
    const at = (name: string, port: number): JsonObject => ({
      name,
      type: "static",
      spec: { hosts: [{ addr: "127.0.0.1", port }] },
    });
    const fan_out = ["letters", "statistics"].map((name) => ({ upstream: { name } }));
    const route = (event_type: string, rest: JsonObject): JsonObject => ({
      event_matcher: { event_type },
      extensions: { fan_out },
      ...rest,
    });
    const config = {
      upstreams: [
        at("main", gateway.backendPort),
        at("letters", copies[0]?.port ?? 0),
        at("statistics", copies[1]?.port ?? 0),
        {
          name: "lambda",
          type: "aws",
          spec: { region, endpoint: lambda.url, secret_ref: "keys" },
          functions: [{ name: "adopt", spec: { function_name: "adopt" } }],
        },
      ],
      virtual_services: [
        {
          name: "events",
          routes: [
            route("pet.moved", {
              single_destination: { upstream: { name: "main" } },
              prefix_rewrite: "/moved",
              extensions: {
                fan_out,
                host_rewrite: "inner.example",
                add_request_headers: [{ key: "x-gateway", value: "gloo" }],
              },
            }),
            route("pet.adopted", { single_destination: { upstream: { name: "main" } } }),
            route("pet.sold", {
              single_destination: {
                function: { upstream_name: "lambda", function_name: "adopt" },
              },
            }),
          ],
        },
      ],
    };
    const secret = new Secret([
      ["access_key", keys.accessKeyId],
      ["secret_key", keys.secretAccessKey],
    ]);
    await gateway.publish({ "config.json": JSON.stringify(config) }, new Map([["keys", secret]]));
    await gateway.resolved(["lambda", "letters", "statistics"]);
  });
  beforeEach(() => {
    gateway.received.length = 0;
    gateway.answer = () => ({ status: 202, body: "taken" });
    for (const copy of copies) {
      copy.received.length = 0;
      copy.answer = () => ({});
    }
  });
  after(async () => {
    await gateway.close();
    await lambda.close();
    for (const copy of copies) await copy.close();
  });

  const send = (type: string, body: string | Buffer = event) =>
    gateway.send({
      method: "POST",
      path: "/events?from=shop",
      headers: { host: "shop.example", "x-event-type": type, authorization: "Bearer client" },
      body,
    });
  /** What every copy was, once there is one for each. */
  const copied = () =>
    poll("copies", () => {
      const all = copies.flatMap(({ received }) => received);
      return all.length === copies.length ? all : undefined;
    });

  it("sends the event to all, and the answer of its destination to the client", async () => {
    for (const copy of copies) copy.answer = () => ({ status: 500, body: "failed" });
    const { status, text } = await send("pet.adopted");
    assert.equal(`${status} ${text}`, "202 taken");
    for (const got of [...gateway.received, ...(await copied())]) {
      assert.equal(`${got.method} ${got.path}`, "POST /events?from=shop");
      assert.equal(got.body.toString(), event);
      assert.equal(got.headers.host, "shop.example");
      assert.equal(got.headers["x-event-type"], "pet.adopted");
    }
  });

  it("copies the event as it came beside a function of AWS Lambda", async () => {
    const { status, text } = await send("pet.sold");
    assert.equal(`${status} ${text}`, `200 ${event}`);
    assert.equal(lambda.invocations.length, 1);
    for (const got of await copied()) {
      assert.equal(`${got.method} ${got.path}`, "POST /events?from=shop");
      assert.equal(got.body.toString(), event);
      // What signs the call is no business of others.
      assert.equal(got.headers["authorization"], "Bearer client");
      assert.doesNotMatch(JSON.stringify(got.rawHeaders), /AWS4|x-amz-|x-gloo-/i);
    }
  });

  it("copies what the route itself makes of path, host and headers", async () => {
    assert.equal((await send("pet.moved")).status, 202);
    for (const got of [...gateway.received, ...(await copied())]) {
      assert.equal(got.path, "/moved?from=shop");
      assert.equal(got.headers.host, "inner.example");
      assert.equal(got.headers["x-gateway"], "gloo");
    }
  });

  it("copies a body that is larger than what Envoy holds in memory", async () => {
    const body = Buffer.alloc(4 * 1024 * 1024, "x");
    assert.equal((await send("pet.adopted", body)).status, 202);
    for (const got of await copied()) assert.equal(got.body.length, body.length);
  });

  it("waits for nobody but its destination", async () => {
    for (const copy of copies) copy.answer = () => undefined;
    assert.equal((await send("pet.adopted")).status, 202);
    assert.equal((await copied()).length, 2);
  });
});
