import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeText } from "../../../src/parse/decode-text.js";

describe("decodeText()", () => {
  it("takes the byte order mark off", () => {
    assert.deepEqual(decodeText(Buffer.from("\ufeffname: pets")), { text: "name: pets" });
  });

  for (const [what, bytes, before, encoding] of [
    ["a byte of Latin-1", Buffer.from([0x61, 0xe4, 0x62]), "a", undefined],
    ["a character that is cut off", Buffer.from([0x61, 0x62, 0xe2, 0x82]), "ab", undefined],
    ["a lone continuation", Buffer.from([0x80]), "", undefined],
    ["an overlong slash", Buffer.from([0x61, 0xc0, 0xaf]), "a", undefined],
    ["a surrogate", Buffer.from([0x61, 0xed, 0xa0, 0x80]), "a", undefined],
    ["UTF-16 from Windows", Buffer.from("\ufeffa", "utf16le"), "", "UTF-16 (little endian)"],
    ["UTF-16 from elsewhere", Buffer.from([0xfe, 0xff, 0, 0x61]), "", "UTF-16 (big endian)"],
  ] as const) {
    it(`finds where the text ends: ${what}`, () => {
      const decoded = decodeText(bytes);
      assert.ok("fault" in decoded);
      assert.equal(decoded.text, before);
      assert.equal(decoded.fault.encoding, encoding);
    });
  }

  it("finds a fault behind many characters of several bytes", () => {
    const good = "ä€😀".repeat(1_000);
    const decoded = decodeText(Buffer.concat([Buffer.from(good), Buffer.from([0xff, 0x61])]));
    assert.ok("fault" in decoded);
    assert.equal(decoded.text, good);
  });
});
