import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { status } from "@grpc/grpc-js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import {
  startGrpcService,
  type Call,
  type GrpcService,
  type Reply,
} from "../support/grpc-service.js";
import { requestOf } from "../support/sample-page.js";

const sample = new URL("../../sample-functions/grpc/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, sample), "utf8");
const protos = ["files/bookstore/book.proto", "files/bookstore/bookstore.proto"];

/** What a book store with one shelf answers. */
function answer({ method, request }: Call): Reply {
  if (method === "AddBook") return { messages: [request["book"] as object] };
  if (method === "FindBooks") {
    const { title } = request;
    const book = { title, author: "Neal Stephenson" };
    return { messages: [book, { title: `${String(title)}, the comic` }] };
  }
  const { shelf } = request;
  if (shelf === "7") return { messages: [{ id: 7, theme: "Science fiction" }] };
  return { error: { code: status.NOT_FOUND, details: `there is no shelf ${String(shelf)}` } };
}

describe("the sample of gRPC functions", () => {
  let gateway: FunctionGateway;
  let service: GrpcService;
  before(async () => {
    service = await startGrpcService(protos.map(read), ["bookstore.v1.Bookstore"]);
    service.reply = answer;
    gateway = await startFunctionGateway(builtinPlugins);
    const upstream = read("upstreams/bookstore.yaml");
    const files = [...protos, "virtualservices/bookstore.yaml"].map((name) => [name, read(name)]);
    await gateway.publish({
      ...(Object.fromEntries(files) as Record<string, string>),
      "upstreams/bookstore.yaml": upstream.replace("50051", String(service.port)),
    });
  });
  after(async () => {
    await gateway.close();
    await service.close();
  });

  const blocks = [...read("README.md").matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(
    ([, language, text = ""]) => ({ language, text: text.trim() }),
  );
  for (let index = 0; index < blocks.length; index += 3) {
    const [command, message, response] = blocks.slice(index, index + 3);
    it(String(command?.text.split(" -")[0]), async () => {
      assert.deepEqual(
        [command?.language, message?.language, response?.language],
        ["sh", "json", "text"],
      );
      service.calls.length = 0;
      const got = await gateway.send(requestOf(command?.text ?? ""));
      const [code, ...text] = (response?.text ?? "").split("\n");
      assert.equal(`${got.status}\n${got.text}`, `${code}\n${text.join("\n")}`);
      const calls = service.calls.map(({ method, request }) => [method, request]);
      const plain = JSON.parse(JSON.stringify(Object.fromEntries(calls))) as unknown;
      assert.deepEqual(plain, JSON.parse(message?.text ?? ""));
    });
  }
});
