import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isCarriable, messageHeaders, messageId } from "../../../src/bridge/message-headers.js";

const namesIn = (
  request: Record<string, string>,
  extra: readonly string[] = [],
): readonly string[] => messageHeaders(request, new Set(extra), undefined).keys();

describe("messageHeaders()", () => {
  it("carries what describes the body and the event", () => {
    const names = ["content-type", "content-encoding", "ce-id", "ce-anything", "tracestate"];
    assert.deepEqual(namesIn(Object.fromEntries(names.map((name) => [name, "x"]))), names);
  });

  it("leaves behind credentials, hop-by-hop headers, and those that steer NATS", () => {
    const names = [
      "authorization",
      "cookie",
      "proxy-authorization",
      "connection",
      "transfer-encoding",
      "te",
      "upgrade",
      "host",
      "content-length",
      "nats-msg-id",
      "nats-rollup",
      "nats-expected-stream",
      "x-gloo-nats-subject",
      "x-gloo-bridge-token",
      "x-api-key",
      "x-forwarded-for",
    ];
    assert.deepEqual(namesIn(Object.fromEntries(names.map((name) => [name, "x"]))), []);
  });

  it("carries what it is told to", () => {
    assert.deepEqual(namesIn({ "x-tenant": "a", "x-other": "b" }, ["x-tenant"]), ["x-tenant"]);
  });
});

describe("isCarriable()", () => {
  for (const [name, is] of [
    ["x-tenant", true],
    ["user-agent", true],
    ["authorization", false],
    ["cookie", false],
    ["nats-rollup", false],
    ["x-gloo-bridge-token", false],
    ["", false],
    ["a b", false],
    ["a:b", false],
  ] as const) {
    it(`${is ? "takes" : "refuses"} "${name}"`, () => assert.equal(isCarriable(name), is));
  }
});

describe("messageId()", () => {
  for (const [situation, request, want] of [
    ["nothing that would come again", { "x-request-id": "1" }, undefined],
    ["a key", { "idempotency-key": "7" }, "orders 7"],
    ["an event", { "ce-source": "/shop", "ce-id": "1" }, "orders /shop 1"],
    ["a key and an event", { "idempotency-key": "7", "ce-source": "a", "ce-id": "1" }, "orders 7"],
    ["an event without a source", { "ce-id": "1" }, undefined],
    ["an empty key", { "idempotency-key": "" }, undefined],
  ] as const) {
    it(`${want ?? "none"}: ${situation}`, () => assert.equal(messageId(request, "orders"), want));
  }
});
