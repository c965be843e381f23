import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { findJsonFault } from "../../../src/parse/json-syntax.js";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("findJsonFault()", () => {
  for (const [text, offset, reason] of [
    ['{ "a": 1, }', 10, /a comma before `}`/],
    ["[1, 2,]", 6, /a comma before `]`/],
    ['{ "a" 1 }', 6, /expected `:`/],
    ["{ a: 1 }", 2, /a key in double quotes/],
    ["['a']", 1, /double quotes only/],
    ['{ "a": 1 // why\n}', 9, /no comments/],
    ['{ "a": 1', 8, /the file ends where a comma or a closing bracket is expected/],
    ["[1] [2]", 4, /the end of the file/],
    ["[truth]", 1, /expected a value/],
    ['["a\nb"]', 1, /not closed, or holds what must be escaped/],
    ["[01]", 2, /expected `,` or `]`/],
  ] as const) {
    it(`finds the place: ${JSON.stringify(text)}`, () => {
      const fault = findJsonFault(text);
      assert.match(fault?.reason ?? "", reason);
      assert.equal(fault?.offset, offset);
    });
  }

  it("agrees with JSON.parse on what is JSON", () => {
    const almostJson = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom("", ",", "}", "]", '"', "0", "\\", "\n", "x", ":"),
      )
      .map(([text, at, put]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + put + text.slice(cut + (at % 2));
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), almostJson, fc.string()), (text) => {
        assert.equal(findJsonFault(text) === undefined, isJson(text), JSON.stringify(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
