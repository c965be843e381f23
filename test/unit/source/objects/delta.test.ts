import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applyDelta, deltaResultSize } from "../../../../src/source/objects/delta.js";

const base = Buffer.from("0123456789abcdef");

/** A delta from its parts: numbers are bytes, text is text. */
const delta = (...parts: readonly (number | string)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part))),
  );

describe("applyDelta()", () => {
  it("copies from the base and inserts", () => {
    const mixed = delta(16, 9, 0x80 | 0x01 | 0x10, 10, 4, 3, "xyz", 0x80 | 0x10, 2);
    assert.equal(applyDelta(base, mixed).toString(), "abcdxyz01");
    assert.equal(deltaResultSize(mixed), 9);
  });

  it("takes a copy without a length for one of 64 KiB", () => {
    const large = Buffer.alloc(0x10000 + 5, "a");
    const size = [0x85, 0x80, 0x04] as const;
    const whole = delta(...size, ...size, 0x80, 0x80 | 0x04 | 0x10, 1, 5);
    assert.deepEqual(applyDelta(large, whole), large);
  });

  for (const [name, bad] of [
    ["is empty", delta()],
    ["has a size without an end", delta(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1)],
    ["is for a base of another size", delta(15, 1, 1, "a")],
    ["makes less than it says", delta(16, 2, 1, "a")],
    ["makes more than it says", delta(16, 1, 2, "ab")],
    ["inserts beyond its own end", delta(16, 5, 5, "ab")],
    ["copies from beyond the base", delta(16, 5, 0x80 | 0x01 | 0x10, 12, 5)],
    ["copies from far beyond the base", delta(16, 5, 0x80 | 0x08 | 0x10, 0xff, 5)],
    ["has a command that is reserved", delta(16, 1, 0)],
    ["ends within a command", delta(16, 1, 0x80 | 0x01 | 0x10)],
  ] as const) {
    it(`refuses a delta that ${name}`, () => {
      assert.throws(() => applyDelta(base, bad), { name: "CorruptObjectError" });
    });
  }
});
