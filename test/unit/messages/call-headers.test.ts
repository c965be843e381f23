import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  decodeSubject,
  encodeSubject,
  isDeliveryMode,
} from "../../../src/messages/call-headers.js";

describe("encodeSubject()", () => {
  it("leaves what is usual as it is", () => {
    assert.equal(encodeSubject("orders.created-v2_a$"), "orders.created-v2_a$");
  });

  it("gives printable ASCII, of which decodeSubject() makes the subject again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (subject) => {
        const encoded = encodeSubject(subject);
        assert.match(encoded, /^[!-~]*$/);
        assert.equal(decodeSubject(encoded), subject);
      }),
    );
  });
});

describe("decodeSubject()", () => {
  it("gives nothing for what is no encoding", () => {
    for (const value of ["%", "%zz", "%ff", "a%e2%82"])
      assert.equal(decodeSubject(value), undefined);
  });
});

describe("isDeliveryMode()", () => {
  it("knows the three modes, and nothing else", () => {
    for (const mode of ["jetstream", "core", "request"]) assert.ok(isDeliveryMode(mode));
    for (const mode of ["", "Core", "constructor"]) assert.ok(!isDeliveryMode(mode));
  });
});
