import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { encodePackIndex, parsePackIndex } from "../../../../src/source/objects/pack-index.js";

const checksum = Buffer.alloc(20, 7);
const objects = ["00", "00ff", "7f", "ff", "ffff"].map((start, at) => ({
  oid: start.padEnd(40, "0"),
  offset: at === 4 ? 0x1_2345_6789 : at === 3 ? 0x80000000 : 12 + at * 100,
  crc: at,
}));

describe("parsePackIndex()", () => {
  const bytes = encodePackIndex([...objects].reverse(), checksum);

  it("finds what was written, also beyond 2 GiB", () => {
    const index = parsePackIndex(bytes);
    assert.equal(index.count, objects.length);
    assert.equal(index.packChecksum, checksum.toString("hex"));
    for (const { oid, offset } of objects) assert.equal(index.offsetOf(oid), offset);
    for (const oid of ["0".repeat(39) + "1", "8".repeat(40), "f".repeat(40)]) {
      assert.equal(index.offsetOf(oid), undefined);
    }
    assert.equal(parsePackIndex(encodePackIndex([], checksum)).offsetOf("0".repeat(40)), undefined);
  });

  it("refuses an index in which any byte is another one", () => {
    for (let at = 0; at < bytes.length; at += 11) {
      const bad = Buffer.from(bytes);
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      assert.throws(() => parsePackIndex(bad), { name: "CorruptObjectError" }, `byte ${at}`);
    }
  });

  it("refuses an index that is cut off, or whose count is a lie", () => {
    for (const end of [0, 7, 500, 1_072, bytes.length - 1]) {
      assert.throws(() => parsePackIndex(bytes.subarray(0, end)), { name: "CorruptObjectError" });
    }
    const lie = Buffer.from(bytes);
    lie.writeUInt32BE(1_000_000, 8 + 255 * 4);
    lie.set(createHash("sha1").update(lie.subarray(0, -20)).digest(), lie.length - 20);
    assert.throws(() => parsePackIndex(lie), { name: "CorruptObjectError" });
  });
});
