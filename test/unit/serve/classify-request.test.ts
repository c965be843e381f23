import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { classifyRequest } from "../../../src/serve/classify-request.js";

describe("classifyRequest()", () => {
  const sent = { lastNonce: "7", seen: true };
  const request = { nonce: "7", error: undefined };

  for (const [situation, before, change, want] of [
    ["is the first of its type", undefined, {}, "subscribe"],
    [
      "is the first of its type, with an error of another stream",
      undefined,
      { error: "no" },
      "subscribe",
    ],
    ["echoes the nonce", sent, {}, "ack"],
    ["carries an error", sent, { error: "bad regex" }, "nack"],
    ["carries an error without a message", sent, { error: "" }, "nack"],
    ["answers an older response", sent, { nonce: "6" }, "stale"],
    ["answers an older response with an error", sent, { nonce: "6", error: "no" }, "stale"],
    ["has no nonce, and the client has seen one", sent, { nonce: "" }, "stale"],
    [
      "has no nonce, and the client has seen none",
      { ...sent, seen: false },
      { nonce: "" },
      "subscribe",
    ],
    [
      "has a nonce of nobody, and the client has seen none",
      { ...sent, seen: false },
      { nonce: "x" },
      "stale",
    ],
  ] as const) {
    it(`${want}: ${situation}`, () => {
      assert.equal(classifyRequest(before, { ...request, ...change }), want);
    });
  }
});
