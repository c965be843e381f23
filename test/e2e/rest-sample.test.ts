import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { builtinPlugins } from "../../src/plugins/index.js";
import {
  startFunctionGateway,
  type FunctionGateway,
  type Sent,
} from "../support/function-gateway.js";

const sample = new URL("../../sample-functions/rest/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, sample), "utf8");

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The code blocks of the sample's page, in order. */
function blocksOf(markdown: string): readonly Block[] {
  const found = markdown.matchAll(/^```(\w+)\n([^]*?)^```$/gm);
  return [...found].map(([, language = "", text = ""]) => ({ language, text: text.trim() }));
}

/** The request of a curl command with the options that the page uses. */
function requestOf(command: string): Sent {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  const [name, address = "", ...options] = words;
  assert.equal(name, "curl");
  const url = /^http:\/\/localhost:8080(\/.*)$/.exec(address)?.[1];
  assert.ok(url, command);
  const headers: Record<string, string> = {};
  const data: string[] = [];
  let method: string | undefined;
  for (let index = 0; index < options.length; index += 2) {
    const value = options[index + 1] ?? "";
    if (options[index] === "-X") method = value;
    else if (options[index] === "-d") data.push(value);
    else {
      assert.equal(options[index], "-H", command);
      const [key = "", text = ""] = value.split(": ");
      headers[key] = text;
    }
  }
  if (data.length === 0) return { path: url, headers };
  return {
    method: method ?? "POST",
    path: url,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: data.join("&"),
  };
}

describe("the sample of REST functions", () => {
  let gateway: FunctionGateway;
  before(async () => {
    gateway = await startFunctionGateway(builtinPlugins);
    gateway.answer = () => ({
      headers: { "content-type": "application/json" },
      body: '{"id": 7, "name": "Rex", "secret": true, "tags": ["dog", "old"]}',
    });
    const upstream = read("upstreams/petstore.yaml");
    assert.match(upstream, /port: 9080/);
    await gateway.publish({
      "upstreams/petstore.yaml": upstream.replace("port: 9080", `port: ${gateway.backendPort}`),
      "virtualservices/petstore.yaml": read("virtualservices/petstore.yaml"),
    });
  });
  after(() => gateway.close());

  const blocks = blocksOf(read("README.md"));
  blocks.forEach(({ language, text: command }, index) => {
    if (language !== "sh") return;
    it(command, async () => {
      const [outcome, answer] = blocks.slice(index + 1);
      const count = gateway.received.length;
      const response = await gateway.send(requestOf(command));
      const got = gateway.received[count];
      if (outcome?.language === "text") {
        assert.deepEqual(
          [response.status, response.text.trim(), got],
          [400, outcome.text, undefined],
        );
        return;
      }
      assert.equal(outcome?.language, "http");
      const [head = "", ...body] = outcome.text.split("\n\n");
      const [line, ...headers] = head.split("\n");
      assert.equal(`${got?.method} ${got?.path}`, line);
      for (const header of headers) {
        const [name = "", value] = header.split(": ");
        assert.equal(got?.headers[name], value);
      }
      assert.equal(got?.body.toString().trim(), body.join("\n\n"));
      if (answer?.language === "json") {
        assert.deepEqual(JSON.parse(response.text), JSON.parse(answer.text));
      }
    });
  });

  it("has commands", () => assert.ok(blocks.length >= 11));
});
