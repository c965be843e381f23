import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHostMatcher } from "../../../src/lib/host-pattern.js";

describe("createHostMatcher()", () => {
  for (const [pattern, hosts, others] of [
    [
      "169.254.169.254",
      ["169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "0xa9fea9fe", "2852039166"],
      ["169.254.169.253", "a169.254.169.254.example"],
    ],
    ["10.0.0.0/8", ["10.1.2.3", "::ffff:0a01:0203", "0x0a.1.2.3"], ["11.0.0.1", "10.example"]],
    ["fd00::/8", ["fd12::1"], ["fe00::1", "10.0.0.1"]],
    [
      "*.internal",
      ["metadata.google.internal", "Metadata.Internal."],
      ["internal", "internal.example"],
    ],
    ["a*b*c", ["abc", "aXbYc", "abbc"], ["ab", "acb", "abcd"]],
    ["metadata", ["METADATA", "metadata."], ["metadata.example"]],
    ["*", ["anything", "10.0.0.1"], []],
    ["0.0.0.0/0", ["10.0.0.1"], ["example"]],
  ] as const) {
    it(`${pattern} names hosts however they are spelled, and no others`, () => {
      const match = createHostMatcher([pattern]);
      for (const host of hosts) assert.equal(match(host), pattern, host);
      for (const host of others) assert.equal(match(host), undefined, host);
    });
  }

  it("gives the first pattern that names the host, and passes over what is none", () => {
    const match = createHostMatcher(["1.2.3.4/99", "*.example", "a.*"]);
    assert.equal(match("a.example"), "*.example");
    assert.equal(match("1.2.3.4"), undefined);
  });
});
