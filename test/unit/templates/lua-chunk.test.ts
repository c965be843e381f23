import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Constants, luaString } from "../../../src/templates/lua-chunk.js";

/** Reads a Lua string literal of the form that is written here. */
function bytesOf(literal: string): Buffer {
  assert.match(literal, /^"(?:[ !#-[\]-~]|\\\d{3})*"$/);
  const bytes: number[] = [];
  for (const [part, code] of literal.slice(1, -1).matchAll(/\\(\d{3})|[^]/g)) {
    bytes.push(code === undefined ? part.charCodeAt(0) : Number(code));
  }
  return Buffer.from(bytes);
}

describe("luaString()", () => {
  it("can hold any text, and nothing of it can end the literal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.deepEqual(bytesOf(luaString(text)), Buffer.from(text, "utf8"));
      }),
    );
  });

  for (const text of ['"', "\\", '\\"', "\n", "]]", "\0", '"..os.exit().."', "é", "%"]) {
    it(`holds ${JSON.stringify(text)}`, () => {
      assert.deepEqual(bytesOf(luaString(text)), Buffer.from(text, "utf8"));
    });
  }
});

describe("Constants", () => {
  it("makes each constant once", () => {
    const constants = new Constants();
    assert.equal(constants.of("{1}"), "K[1]");
    assert.equal(constants.of("{2}"), "K[2]");
    assert.equal(constants.of("{1}"), "K[1]");
    assert.equal(constants.declaration, "local K={{1},{2}}");
  });
});
