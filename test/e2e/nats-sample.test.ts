import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { NatsConnection } from "@nats-io/transport-node";
import { subjectFilter } from "../../src/messages/subject.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startBridge, type TestBridge } from "../support/bridge.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startNatsServer, withoutNats, type NatsServer } from "../support/nats-server.js";
import { readSample, requestOf } from "../support/sample-page.js";

const blocks = [...readSample("nats", "README.md").matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
  .map(([, language, text = ""]) => ({ language, text: text.trim() }))
  .filter(({ language }) => language !== "shell");

/** A message as the page shows it: the headers that it has are those that the page names. */
interface Received {
  readonly subject: string;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

describe("the sample of messages", { skip: withoutNats }, () => {
  let server: NatsServer;
  let client: NatsConnection;
  let bridge: TestBridge;
  let gateway: FunctionGateway;
  const received: Received[] = [];
  before(async () => {
    server = await startNatsServer();
    await server.addStream("ORDERS", ["orders.>"]);
    client = await server.connect();
    client.subscribe("*.*", {
      callback: (_error, message) => {
        received.push({
          subject: message.subject,
          header: (name) => message.headers?.get(name),
          body: message.string(),
        });
        if (message.subject === "prices.get") message.respond('{"price": 42}');
      },
    });
    await client.flush();
    const allowed = ["orders.>", "prices.get"].flatMap((own) => subjectFilter(own) ?? []);
    bridge = await startBridge(server.url, { allowed });
    await bridge.ready();
    gateway = await startFunctionGateway(builtinPlugins);
    const files = [
      "upstreams/messages.yaml",
      "upstreams/streaming.yaml",
      "virtualservices/shop.yaml",
    ];
    const texts = files.map((name) => [
      name,
      readSample("nats", name).replace("8091", String(bridge.port)),
    ]);
    await gateway.publish(Object.fromEntries(texts) as Record<string, string>);
  });
  after(async () => {
    await gateway.close();
    await bridge.close();
    await client.close();
    await server.close();
  });

  for (let index = 0; index < blocks.length; index += 3) {
    const [command, message, answer] = blocks.slice(index, index + 3);
    it(String(command?.text.split(" -d")[0]), async () => {
      const languages = [command, message, answer].map((block) => block?.language);
      assert.deepEqual(languages, ["sh", "nats", "text"]);
      received.length = 0;
      const response = await gateway.send(requestOf(command?.text ?? ""));
      assert.equal(`${response.status}\n${response.text}`.trim(), answer?.text);
      await client.flush();
      const [head = "", body] = (message?.text ?? "").split("\n\n");
      const [subject, ...headers] = head.split("\n");
      assert.deepEqual(
        received.map((own) => [own.subject, own.body]),
        [[subject, body]],
      );
      for (const header of headers) {
        const [name = "", value] = header.split(": ");
        assert.equal(received[0]?.header(name), value);
      }
    });
  }

  it("has requests", () => assert.ok(blocks.length >= 12));
});
