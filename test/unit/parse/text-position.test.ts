import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textPositions } from "../../../src/parse/text-position.js";

describe("textPositions()", () => {
  for (const [what, text] of [
    ["LF", "one\ntwo\nthree"],
    ["CRLF", "one\r\ntwo\r\nthree"],
    ["CR", "one\rtwo\rthree"],
    ["a mix", "one\r\ntwo\rthree"],
  ] as const) {
    it(`counts lines that end with ${what}`, () => {
      const positions = textPositions(text);
      assert.deepEqual(positions.at(text.indexOf("two")), { line: 2, column: 1 });
      assert.deepEqual(positions.at(text.indexOf("ree")), { line: 3, column: 3 });
    });
  }

  it("knows the end of the text, and what lies behind it", () => {
    assert.deepEqual(textPositions("").at(0), { line: 1, column: 1 });
    assert.deepEqual(textPositions("a\n").at(2), { line: 2, column: 1 });
  });
});
