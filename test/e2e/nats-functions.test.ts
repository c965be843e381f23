import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { NatsConnection } from "@nats-io/transport-node";
import { createSecretFile } from "../../src/admin/secret-file.js";
import type { JsonObject } from "../../src/lib/json.js";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startBridge, type TestBridge } from "../support/bridge.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startNatsServer, withoutNats, type NatsServer } from "../support/nats-server.js";

const token = "t0ken-of-the-bridge";

describe("messages through Envoy", { skip: withoutNats }, () => {
  let folder: string;
  let server: NatsServer;
  let client: NatsConnection;
  let bridge: TestBridge;
  let gateway: FunctionGateway;
  /** Subject and body of every message, in order. */
  const messages: (readonly [string, string])[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-nats-e2e-"));
    const file = join(folder, "token");
    await writeFile(file, token);
    server = await startNatsServer("max_payload: 4096");
    await server.addStream("ORDERS", ["orders.>", "bücher.50%"]);
    client = await server.connect();
    // Not all subjects: a message that nobody listens for is told from one that is not answered.
    for (const subject of ["orders.>", "bücher.*", "news.*", "price"]) {
      client.subscribe(subject, {
        callback: (_error, message) => {
          messages.push([message.subject, message.string()]);
          if (subject === "price") message.respond("42");
        },
      });
    }
    await client.flush();
    bridge = await startBridge(server.url, {
      timeoutMs: 300,
      token: createSecretFile(file, "the token"),
    });
    await bridge.ready();
    gateway = await startFunctionGateway(builtinPlugins);
    await publishConfig();
    await poll("the token to be at Envoy", async () =>
      (await gateway.send({ path: "/to/orders.first" })).status === 401 ? undefined : true,
    );
  });
  beforeEach(async () => {
    await client.flush();
    messages.length = 0;
    gateway.received.length = 0;
  });
  after(async () => {
    server.resume();
    await gateway.close();
    await bridge.close();
    await client.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const upstream = (name: string, type: string, properties: JsonObject, port: number) => ({
    name,
    type: "static",
    spec: { hosts: [{ addr: "127.0.0.1", port }] },
    service_info: { type, properties: { secret_ref: "bridge", ...properties } },
  });
  const to = (upstream_name: string, function_name: string) => ({
    function: { upstream_name, function_name },
  });
  const route = (path_prefix: string, single_destination: JsonObject, more: JsonObject = {}) => ({
    request_matcher: { path_prefix },
    single_destination,
    ...more,
  });

  async function publishConfig(): Promise<void> {
    const { port } = bridge;
    const upstreams = [
      {
        ...upstream("messages", "nats", {}, port),
        functions: [{ name: "price-of", spec: { subject: "price", mode: "request" } }],
      },
      upstream("news", "nats", { mode: "core" }, port),
      upstream("asks", "nats", { mode: "request" }, port),
      upstream("streaming", "nats-streaming", {}, port),
      { ...upstream("shop", "", {}, gateway.backendPort), service_info: undefined },
      { ...upstream("bare", "", {}, port), service_info: undefined },
    ];
    const subjects = ["orders.first", "orders.created", "nowhere.created", "bücher.50%"];
    const events = [
      { event_type: "order.created" },
      { event_type: "com.example.order", format: "cloudevents" },
    ];
    const routes = [
      ...subjects.map((subject) => route(`/to/${encodeURI(subject)}`, to("messages", subject))),
      route("/2018", to("streaming", "orders.streaming")),
      route("/price", to("messages", "price-of")),
      route("/news", to("news", "news.local")),
      route("/nobody", to("asks", "nobody")),
      route("/rewritten", to("messages", "orders.rewritten"), { prefix_rewrite: "/metrics" }),
      route("/bare", { upstream: { name: "bare" } }),
      route("/plain", { upstream: { name: "messages" } }),
      ...events.map((event_matcher, index) => ({
        event_matcher,
        single_destination: to("messages", `orders.event${index}`),
      })),
      {
        request_matcher: { path_prefix: "/mixed" },
        multiple_destinations: [
          { weight: 50, destination: to("messages", "orders.mixed") },
          { weight: 50, destination: { upstream: { name: "shop" } } },
        ],
      },
    ];
    const config = { upstreams, virtual_services: [{ name: "all", routes }] };
    const secrets = new Map([["bridge", new Secret([["token", token]])]]);
    await gateway.publish({ "config.json": JSON.stringify(config) }, secrets);
  }

  /** What was sent to NATS, all of which has arrived when this gives it. */
  async function sent(): Promise<readonly (readonly [string, string])[]> {
    await client.flush();
    return [...messages];
  }

  it("go to the subject that the route names, which no upstream lists", async () => {
    const response = await gateway.send({
      method: "POST",
      path: "/to/orders.created?x=1",
      body: '{"order":7}',
    });
    assert.deepEqual([response.status, response.text], [200, ""]);
    assert.deepEqual(await sent(), [["orders.created", '{"order":7}']]);
    const { last } = await server.stored("ORDERS", "orders.created");
    assert.equal(Buffer.from(last?.data ?? []).toString(), '{"order":7}');
  });

  it("go to subjects in any script, and with a percent sign", async () => {
    const path = `/to/${encodeURI("bücher.50%")}`;
    assert.equal((await gateway.send({ method: "PUT", path, body: "7" })).status, 200);
    assert.deepEqual(await sent(), [["bücher.50%", "7"]]);
  });

  it("go to a stream from an upstream of 2018", async () => {
    assert.equal((await gateway.send({ path: "/2018" })).status, 200);
    assert.deepEqual(await sent(), [["orders.streaming", ""]]);
  });

  it("go to whoever listens, and are answered, as their functions say", async () => {
    assert.equal((await gateway.send({ method: "POST", path: "/news", body: "a" })).status, 202);
    const price = await gateway.send({ method: "POST", path: "/price", body: "b" });
    assert.deepEqual([price.status, price.text], [200, "42"]);
    assert.deepEqual(await sent(), [
      ["news.local", "a"],
      ["price", "b"],
    ]);
  });

  it("are events that their headers choose the subject of", async () => {
    const event = (headers: Record<string, string>) =>
      gateway.send({ method: "POST", path: "/events", headers, body: "e" });
    assert.equal((await event({ "X-Event-Type": "order.created" })).status, 200);
    const binary = { "ce-specversion": "1.0", "ce-source": "/shop", "ce-id": "1" };
    assert.equal((await event({ ...binary, "ce-type": "com.example.order" })).status, 200);
    assert.equal((await event({ "X-Event-Type": "order.deleted" })).status, 404);
    assert.deepEqual(await sent(), [
      ["orders.event0", "e"],
      ["orders.event1", "e"],
    ]);
    const { last } = await server.stored("ORDERS", "orders.event1");
    assert.equal(last?.header.get("ce-type"), "com.example.order");
  });

  it("are not lost among the clients of another back end: a mixture by weight", async () => {
    const count = 60;
    for (let index = 0; index < count; index += 1) {
      const { status } = await gateway.send({ method: "POST", path: "/mixed", body: "m" });
      assert.equal(status, 200);
    }
    const published = await sent();
    assert.ok(published.length > 0 && gateway.received.length > 0);
    assert.equal(published.length + gateway.received.length, count);
    assert.ok(published.every(([subject]) => subject === "orders.mixed"));
    for (const { path, headers } of gateway.received) {
      assert.equal(path, "/mixed");
      assert.doesNotMatch(JSON.stringify(headers), /x-gloo-|t0ken/);
    }
  });

  describe("fail as the client has to know", () => {
    it("with 500 if no stream takes the subject", async () => {
      const { status, text } = await gateway.send({ path: "/to/nowhere.created" });
      assert.deepEqual([status, text], [500, "no stream takes messages to this subject\n"]);
    });

    it("with 413 if they are too large", async () => {
      const body = Buffer.alloc(5000);
      const { status } = await gateway.send({ method: "POST", path: "/to/orders.created", body });
      assert.equal(status, 413);
      const whole = Buffer.alloc(3 * 1024 * 1024);
      const large = await gateway.send({ method: "POST", path: "/to/orders.created", body: whole });
      assert.equal(large.status, 413);
      assert.deepEqual(await sent(), []);
    });

    it("with 503 if nobody answers, and 408 if not in time", async () => {
      assert.equal((await gateway.send({ path: "/nobody" })).status, 503);
      await server.pause();
      const late = await gateway.send({ method: "POST", path: "/to/orders.created", body: "late" });
      server.resume();
      assert.deepEqual(
        [late.status, late.text],
        [408, "no stream has acknowledged the message in time\n"],
      );
    });
  });

  describe("go nowhere else, whatever a client sends", () => {
    const forged = {
      "x-gloo-nats-subject": "orders.forged",
      "X-Gloo-Nats-Mode": "core",
      "x-gloo-bridge-token": "wrong",
    };

    it("in headers", async () => {
      const request = { method: "POST", path: "/to/orders.created", headers: forged, body: "f" };
      assert.equal((await gateway.send(request)).status, 200);
      assert.deepEqual(await sent(), [["orders.created", "f"]]);
    });

    it("in the path", async () => {
      const paths = [
        "/to/orders.created/../orders.forged",
        "/to/orders.created%2F..%2Forders.forged",
        "/to/orders.created/%2e%2e/%2e%2e/metrics",
        "/to/orders.created?subject=orders.forged",
        "/to/orders.created%0d%0ax-gloo-nats-subject:%20orders.forged",
        "/to/orders.created#orders.forged",
        "/rewritten/orders.forged",
      ];
      for (const path of paths) await gateway.send({ method: "POST", path, body: path });
      const subjects = new Set((await sent()).map(([subject]) => subject));
      subjects.delete("orders.rewritten");
      assert.deepEqual([...subjects], ["orders.created"]);
    });

    it("through a route to the upstream itself, to which no subject gets", async () => {
      for (const path of ["/plain", "/plain/orders.forged"]) {
        const { status, text } = await gateway.send({ method: "POST", path, headers: forged });
        assert.deepEqual([status, text], [400, "the request names no subject\n"]);
      }
      assert.deepEqual(await sent(), []);
    });

    it("to a bridge that Envoy reaches without being told that it is one", async () => {
      // No filter takes away what the client says, and none shows the token.
      const { status } = await gateway.send({ method: "POST", path: "/bare", headers: forged });
      assert.equal(status, 401);
      assert.deepEqual(await sent(), []);
    });
  });

  it("show no token in what Envoy says of itself, nor in a log", async () => {
    assert.doesNotMatch(await gateway.admin("/config_dump?include_eds"), /t0ken-of-the-bridge/);
    assert.doesNotMatch(await gateway.log(), /t0ken-of-the-bridge/);
    assert.doesNotMatch(bridge.log(), /t0ken-of-the-bridge/);
  });
});
