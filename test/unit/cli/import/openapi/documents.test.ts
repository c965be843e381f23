import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DocumentFault,
  memberOf,
  resolveNode,
  UnreadDocument,
  type Node,
  type OpenDocument,
} from "../../../../../src/cli/import/openapi/documents.js";
import type { JsonValue } from "../../../../../src/lib/json.js";

function documentOf(uri: string, value: JsonValue): OpenDocument {
  return { uri, value, locate: () => ({ file: uri, line: 1, column: 1 }) };
}

const root = documentOf("file:///apis/in.yaml", {
  "a/b": { "c~d e%": ["zero", "one"] },
  once: { $ref: "#/a~1b/c~0d%20e%25/1" },
  twice: { $ref: "#/once" },
  loop: { $ref: "#/loop" },
  below: { $ref: "more.yaml#/x" },
  all: { $ref: "more.yaml" },
  up: { $ref: "../up.yaml" },
  list: { $ref: "#/a~1b/c~0d%20e%25/2" },
  inherited: { $ref: "#/constructor" },
  anchor: { $ref: "#name" },
  percent: { $ref: "#/%zz" },
  odd: { $ref: 7 },
});
const more = documentOf("file:///apis/more.yaml", { x: { $ref: "#/y" }, y: "why" });
const documents = new Map([root, more].map((document) => [document.uri, document]));

function at(key: string): Node {
  const node = memberOf({ document: root, pointer: "", value: root.value }, key);
  assert.ok(node);
  return node;
}

describe("resolveNode()", () => {
  for (const [key, value, pointer] of [
    ["a/b", (root.value as Record<string, JsonValue>)["a/b"], "/a~1b"],
    ["once", "one", "/a~1b/c~0d e%/1"],
    ["twice", "one", "/a~1b/c~0d e%/1"],
    ["below", "why", "/y"],
    ["all", more.value, ""],
    ["odd", { $ref: 7 }, "/odd"],
  ] as const) {
    it(`follows ${key}`, () => {
      const found = resolveNode(at(key), documents);
      assert.deepEqual([found.value, found.pointer], [value, pointer]);
    });
  }

  for (const [key, message] of [
    ["loop", /leads on and on/],
    ["list", /there is no "#\/a~1b/],
    ["inherited", /there is no "#\/constructor"/],
    ["anchor", /does not name its target by a path/],
    ["percent", /does not name its target by a path/],
  ] as const) {
    it(`says what is wrong with ${key}`, () => {
      assert.throws(
        () => resolveNode(at(key), documents),
        (error) => error instanceof DocumentFault && message.test(error.message),
      );
    });
  }

  it("asks for documents that have not been read, by their whole address", () => {
    assert.throws(
      () => resolveNode(at("up"), documents),
      (error) => error instanceof UnreadDocument && error.uri === "file:///up.yaml",
    );
  });
});
