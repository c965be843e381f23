import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Node } from "../../../../../src/cli/import/openapi/documents.js";
import type { Server } from "../../../../../src/cli/import/openapi/operation.js";
import {
  firstServer,
  serverOfUrl,
  swaggerServer,
} from "../../../../../src/cli/import/openapi/servers.js";
import type { JsonObject } from "../../../../../src/lib/json.js";

function documentAt(uri: string, value: JsonObject): Node {
  const locate = () => ({ file: uri, line: 1, column: 1 });
  return { document: { uri, value, locate }, pointer: "", value };
}

function urlOf(server: Server | undefined): string | undefined {
  return (
    server && `${server.tls ? "https" : "http"}://${server.host}:${server.port}${server.basePath}`
  );
}

describe("serverOfUrl()", () => {
  for (const [url, expected] of [
    ["http://a.example", "http://a.example:80"],
    ["https://a.example/v1//", "https://a.example:443/v1"],
    ["http://[2001:db8::1]:8080/x", "http://2001:db8::1:8080/x"],
    ["ftp://a.example", undefined],
    ["/v1", undefined],
    ["http://user:password@a.example", undefined],
    ["nonsense", undefined],
  ] as const) {
    it(`reads ${url}`, () => {
      assert.equal(urlOf(serverOfUrl(url)), expected);
    });
  }
});

describe("firstServer()", () => {
  for (const [what, servers, expected] of [
    ["the first", [{ url: "http://a/1" }, { url: "http://b/2" }], "http://a:80/1"],
    ["one below the document", [{ url: "../v2" }], "https://docs.example:443/v2"],
    ["the first that is http", [{ url: "wss://a" }, { url: "http://b" }], "http://b:80"],
    ["none with variables that are not known", [{ url: "http://{x}" }], undefined],
    [
      "one with variables",
      [{ url: "http://{h}:{p}/", variables: { h: { default: "a" }, p: { enum: [81] } } }],
      "http://a:81",
    ],
    ["nothing of what is no list", { url: "x" }, undefined],
  ] as const) {
    it(`takes ${what}`, () => {
      const root = documentAt("https://docs.example/api/openapi.yaml", { servers });
      assert.equal(urlOf(firstServer(root)), expected);
    });
  }

  it("knows no server below a file", () => {
    assert.equal(
      firstServer(documentAt("file:///a.yaml", { servers: [{ url: "/v2" }] })),
      undefined,
    );
  });
});

describe("swaggerServer()", () => {
  for (const [what, uri, value, expected] of [
    ["all that is said", "file:///a", { host: "a:81", basePath: "/v1" }, "http://a:81/v1"],
    [
      "https where there is a choice",
      "file:///a",
      { host: "a", schemes: ["http", "https"] },
      "https://a:443",
    ],
    ["the host of the document", "https://d:8443/a", { basePath: "v1" }, "https://d:8443/v1"],
    ["nothing without any host", "file:///a", { basePath: "/v1" }, undefined],
  ] as const) {
    it(`takes ${what}`, () => {
      assert.equal(urlOf(swaggerServer(documentAt(uri, value))), expected);
    });
  }
});
