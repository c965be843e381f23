import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { problemOfSubject, subjectFilter } from "../../../src/messages/subject.js";

describe("problemOfSubject()", () => {
  for (const subject of [
    "orders",
    "orders.created.v2",
    "orders-1_a",
    "$KV.bucket.key",
    "$JSON",
    "bücher.50%",
    "a".repeat(1024),
  ]) {
    it(`takes ${subject.slice(0, 30)}`, () => assert.equal(problemOfSubject(subject), undefined));
  }

  for (const [subject, problem] of [
    ["", /empty$/],
    [".", /empty token/],
    ["orders.", /empty token/],
    [".orders", /empty token/],
    ["a..b", /empty token/],
    ["a.*", /wildcard/],
    ["a.b>", /wildcard/],
    ["a b", /space/],
    ["a\u00a0b", /space/],
    ["a\tb", /control/],
    ["a\r\nPUB x 0", /control/],
    ["a\u0000", /control/],
    ["a\u0085b", /control/],
    ["a\ud800", /control/],
    ["$JS.API.STREAM.DELETE.A", /server itself/],
    ["$SYS", /server itself/],
    ["_INBOX.abc", /server itself/],
    ["ü".repeat(513), /longer than 1024 bytes/],
  ] as const) {
    it(`refuses ${JSON.stringify(subject.slice(0, 30))}`, () =>
      assert.match(problemOfSubject(subject) ?? "", problem));
  }
});

describe("subjectFilter()", () => {
  for (const [pattern, fits, others] of [
    ["orders", ["orders"], ["orders.a", "order", "Orders"]],
    ["orders.*", ["orders.a"], ["orders", "orders.a.b", "x.a"]],
    ["*.created", ["a.created"], ["created", "a.b.created"]],
    ["orders.>", ["orders.a", "orders.a.b"], ["orders", "order.a"]],
    [">", ["a", "a.b"], []],
    ["a.*.c.>", ["a.b.c.d"], ["a.b.c", "a.b.d.e"]],
  ] as const) {
    it(`${pattern} stands for what NATS takes it for`, () => {
      const filter = subjectFilter(pattern);
      for (const subject of fits) assert.equal(filter?.(subject), true, subject);
      for (const subject of others) assert.equal(filter?.(subject), false, subject);
    });
  }

  it("is not made of what is no pattern", () => {
    for (const pattern of ["", "a..b", "a.>.b", "a b", "a.b*", ">.a", "a\n"]) {
      assert.equal(subjectFilter(pattern), undefined, JSON.stringify(pattern));
    }
  });
});
