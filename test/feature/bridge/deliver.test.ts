import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { after, before, describe, it } from "node:test";
import { headers as natsHeaders, type NatsConnection } from "@nats-io/transport-node";
import { modeHeader, subjectHeader } from "../../../src/messages/call-headers.js";
import { startBridge, type TestBridge } from "../../support/bridge.js";
import { poll } from "../../support/envoy-process.js";
import { startNatsServer, withoutNats, type NatsServer } from "../../support/nats-server.js";

const maxPayload = 4096;

describe("a message through the bridge", { skip: withoutNats }, () => {
  let server: NatsServer;
  let bridge: TestBridge;
  let client: NatsConnection;
  before(async () => {
    server = await startNatsServer(`max_payload: ${maxPayload}`);
    await server.addStream("ORDERS", ["orders.>", "bücher.50%"]);
    client = await server.connect();
    bridge = await startBridge(server.url, {
      timeoutMs: 400,
      maxBodyBytes: 8192,
      extraHeaders: new Set(["x-tenant"]),
    });
    await bridge.ready();
  });
  after(async () => {
    await bridge.close();
    await client.close();
    await server.close();
  });

  const stored = async (subject: string) => {
    const { last, count } = await server.stored("ORDERS", subject);
    assert.ok(last, `nothing is stored for ${subject}`);
    return { last, count, text: Buffer.from(last.data).toString() };
  };

  describe("to a stream", () => {
    it("is answered with an empty 200 when the stream has it", async () => {
      const response = await bridge.publish("orders.created", { body: '{"id":7}' });
      assert.deepEqual([response.status, response.text], [200, ""]);
      assert.equal((await stored("orders.created")).text, '{"id":7}');
    });

    it("is the body byte for byte, whatever the method, the path and the type", async () => {
      const body = Buffer.from([0, 255, 13, 10, 128, 0]);
      for (const method of ["POST", "PUT", "GET", "DELETE", "PATCH", "PURGE"]) {
        const subject = `orders.${method}`;
        const headers = {
          [subjectHeader]: subject,
          "content-type": "no type at all",
          "content-length": String(body.length),
        };
        const response = await bridge.send({ method, path: "/%zz/../metrics?a=b", headers, body });
        assert.equal(response.status, 200, `${method}: ${response.text}`);
        assert.deepEqual(Buffer.from((await stored(subject)).last.data), body);
      }
    });

    it("may be empty, or come in chunks", async () => {
      assert.equal((await bridge.publish("orders.empty")).status, 200);
      assert.equal((await stored("orders.empty")).text, "");
      const headers = { "transfer-encoding": "chunked" };
      assert.equal((await bridge.publish("orders.chunks", { headers, body: "abc" })).status, 200);
      assert.equal((await stored("orders.chunks")).text, "abc");
    });

    it("has a subject with letters of any script, and a percent sign", async () => {
      const response = await bridge.publish("b%C3%BCcher.50%25", { body: "7" });
      assert.equal(response.status, 200, response.text);
      assert.equal((await stored("bücher.50%")).text, "7");
    });

    it("has the headers that describe it, and no others", async () => {
      await bridge.publish("orders.headers", {
        body: "{}",
        headers: {
          "Content-Type": "application/json",
          "ce-id": "1",
          "ce-source": "/shop",
          "ce-type": "com.example.order",
          "x-event-type": "order",
          traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "x-tenant": "a",
          authorization: "Bearer s3cret",
          cookie: "session=s3cret",
          "nats-rollup": "all",
          "nats-expected-stream": "OTHER",
          "x-other": "1",
          te: "trailers",
        },
      });
      const { last } = await stored("orders.headers");
      const found = Object.fromEntries([...last.header].map(([name, [value]]) => [name, value]));
      assert.deepEqual(found, {
        "content-type": "application/json",
        "ce-id": "1",
        "ce-source": "/shop",
        "ce-type": "com.example.order",
        "x-event-type": "order",
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "x-tenant": "a",
        "Nats-Msg-Id": "orders.headers /shop 1",
      });
    });

    it("is stored once however often it comes with one Idempotency-Key", async () => {
      const headers = { "idempotency-key": "order-7" };
      const { count } = await server.stored("ORDERS", "orders.once");
      for (const body of ["first", "second", "third"]) {
        assert.equal((await bridge.publish("orders.once", { headers, body })).status, 200);
      }
      assert.equal((await bridge.publish("orders.twice", { headers, body: "other" })).status, 200);
      const once = await stored("orders.once");
      assert.deepEqual([once.text, once.count - count], ["first", 2]);
    });

    it("is answered with 500 if no stream takes its subject", async () => {
      const response = await bridge.publish("nowhere.created", { body: "7" });
      assert.deepEqual(
        [response.status, response.text],
        [500, "no stream takes messages to this subject\n"],
      );
    });

    it("is answered with 500 if the stream refuses it", async () => {
      const own = await server.connect();
      const { jetstreamManager } = await import("@nats-io/jetstream");
      const manager = await jetstreamManager(own);
      await manager.streams.add({ name: "FULL", subjects: ["full"], max_msg_size: 1 });
      await own.close();
      const response = await bridge.publish("full", { body: "12" });
      assert.deepEqual(
        [response.status, response.text],
        [500, "the stream did not take the message\n"],
      );
    });

    it("is answered with 413 if it is larger than the bridge or NATS takes", async () => {
      const ours = await bridge.publish("orders.large", { body: Buffer.alloc(8193) });
      assert.equal(ours.status, 413);
      const chunked = { "transfer-encoding": "chunked" };
      const body = Buffer.alloc(200_000);
      const unknown = await bridge.publish("orders.large", { body, headers: chunked });
      assert.equal(unknown.status, 413);
      const theirs = await bridge.publish("orders.large", { body: Buffer.alloc(maxPayload + 1) });
      assert.equal(theirs.status, 413);
      const headers = { "x-tenant": "a".repeat(100) };
      const with_ = await bridge.publish("orders.large", { body: Buffer.alloc(4000), headers });
      assert.equal(with_.status, 413);
      const fits = await bridge.publish("orders.large", { body: Buffer.alloc(maxPayload - 50) });
      assert.equal(fits.status, 200, fits.text);
      assert.equal((await server.stored("ORDERS", "orders.large")).last?.data.length, 4046);
    });

    it("is not published if the client goes away before its end", async () => {
      const socket = connectSocket(bridge.port, "127.0.0.1");
      await once(socket, "connect");
      socket.end(
        `POST / HTTP/1.1\r\nhost: a\r\n${subjectHeader}: orders.cut\r\ncontent-length: 10\r\n\r\nhalf`,
      );
      await poll("the bridge to notice", () =>
        bridge.log().includes("ended before its body did") ? true : undefined,
      );
      assert.equal((await server.stored("ORDERS", "orders.cut")).last, null);
    });
  });

  describe("to whoever listens", () => {
    it("is answered with 202, and reaches those who do", async () => {
      const listener = client.subscribe("news.local", { max: 1 });
      await client.flush();
      const response = await bridge.publish("news.local", { mode: "core", body: "hello" });
      assert.deepEqual([response.status, response.text], [202, ""]);
      const got: string[] = [];
      for await (const message of listener) got.push(message.string());
      assert.deepEqual(got, ["hello"]);
    });
  });

  describe("that asks for an answer", () => {
    before(() => {
      client.subscribe("price", {
        callback: (_error, message) => {
          const headers = natsHeaders();
          headers.set("Content-Type", "application/json");
          message.respond(JSON.stringify({ price: message.string().length }), { headers });
        },
      });
      client.subscribe("failing", {
        callback: (_error, message) => {
          const headers = natsHeaders();
          headers.set("Nats-Service-Error-Code", message.string());
          headers.set("Nats-Service-Error", "no such order");
          message.respond("no such order", { headers });
        },
      });
      client.subscribe("silent", { callback: () => undefined });
      return client.flush();
    });

    it("is answered with what comes back", async () => {
      const response = await bridge.publish("price", { mode: "request", body: "abc" });
      assert.deepEqual([response.status, response.text], [200, '{"price":3}']);
      assert.equal(response.headers["content-type"], "application/json");
    });

    it("is answered with the status that a service gives to its error", async () => {
      for (const [code, status] of [
        ["404", 404],
        ["503", 503],
        ["200", 500],
        ["7", 500],
      ] as const) {
        const response = await bridge.publish("failing", { mode: "request", body: code });
        assert.deepEqual([response.status, response.text], [status, "no such order"]);
      }
    });

    it("is answered with 503 if nobody listens", async () => {
      const response = await bridge.publish("nobody", { mode: "request" });
      assert.deepEqual(
        [response.status, response.text],
        [503, "nobody answers messages to this subject\n"],
      );
    });

    it("is answered with 408 if nobody answers in time", async () => {
      const response = await bridge.publish("silent", { mode: "request" });
      assert.deepEqual([response.status, response.text], [408, "there was no answer in time\n"]);
    });
  });

  describe("without a subject that can be used", () => {
    for (const [subject, problem] of [
      ["", "it is empty"],
      ["orders.*", "it has a wildcard, and a message goes to one subject"],
      [">", "it has a wildcard, and a message goes to one subject"],
      ["orders..created", "it has an empty token"],
      ["orders%20created", "it has a space or a control character"],
      ["orders%0D%0APUB%20x%200", "it has a space or a control character"],
      ["%24JS.API.STREAM.DELETE.ORDERS", "it belongs to the NATS server itself"],
      ["_INBOX.1", "it belongs to the NATS server itself"],
      ["orders.%ff", "it is not UTF-8"],
      ["a".repeat(1025), "it is longer than 1024 bytes"],
    ] as const) {
      it(`is answered with 400: ${problem} (${subject.slice(0, 30)})`, async () => {
        const response = await bridge.publish(subject);
        assert.deepEqual(
          [response.status, response.text],
          [400, `the subject cannot be used: ${problem}\n`],
        );
      });
    }

    it("is answered with 400 if there is none, or no such mode", async () => {
      assert.equal((await bridge.send({ path: "/orders.created" })).status, 400);
      const headers = { [modeHeader]: "jetstream" };
      assert.equal((await bridge.send({ path: "/", headers })).status, 400);
      assert.equal((await bridge.publish("orders.created", { mode: "later" })).status, 400);
    });
  });

  it("is counted, by mode and status", async () => {
    await bridge.publish("orders.created");
    const { text, status } = await bridge.send({ method: "GET", path: "/metrics" });
    assert.equal(status, 200);
    assert.match(text, /gloo_bridge_messages_total\{mode="jetstream",status="200"\} \d+/);
    assert.match(text, /gloo_bridge_messages_total\{mode="request",status="503"\} \d+/);
    assert.match(text, /gloo_bridge_connected 1/);
  });

  it("leaves none of its body, headers or credentials in the log", () => {
    assert.match(bridge.log(), /"subject":"nowhere.created"/);
    assert.doesNotMatch(bridge.log(), /s3cret|first|hello/);
  });
});
