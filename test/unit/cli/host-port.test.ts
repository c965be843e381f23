import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHostPort } from "../../../src/cli/host-port.js";

describe("parseHostPort()", () => {
  for (const [text, host, port] of [
    ["gloo.internal:8081", "gloo.internal", 8081],
    ["127.0.0.1:1", "127.0.0.1", 1],
    ["[::1]:65535", "::1", 65_535],
  ] as const) {
    it(`reads ${text}`, () => assert.deepEqual(parseHostPort(text), { host, port }));
  }

  for (const text of [
    "gloo.internal",
    ":8081",
    "::1:8081",
    "a b:1",
    "a:0",
    "a:65536",
    "a:-1",
    "http://a:1",
    "",
  ]) {
    it(`refuses "${text}"`, () => {
      assert.throws(() => parseHostPort(text), { code: "commander.invalidArgument" });
    });
  }
});
