import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsePattern } from "../../../src/templates/pattern.js";

describe("parsePattern()", () => {
  for (const [text, texts, names] of [
    ["/users/{id}", ["/users/", ""], ["id"]],
    ["{a}-{b.c}.json", ["", "-", ".json"], ["a", "b.c"]],
    ["{a}{b}", ["", "", ""], ["a", "b"]],
    ["Bearer {token}", ["Bearer ", ""], ["token"]],
    ["/2fa/{2fa}", ["/2fa/", ""], ["2fa"]],
    ["anything", [], ["x-user"]],
    ["", [], ["x-user"]],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parsePattern(text, "x-user"), { texts, names });
    });
  }

  for (const [text, problem] of [
    ["/users/{id", /in pairs/],
    ["/users/id}", /in pairs/],
    ["/users/{{id}}", /in pairs/],
    ["/users/{}", /"" is not a name/],
    ["/users/{a b}", /"a b" is not a name/],
    ["/users/{.a}", /".a" is not a name/],
    ["/users/{a..b}", /"a..b" is not a name/],
    ["/{id}/{id}", /"id" stands in it twice/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const read = parsePattern(text, "path");
      assert.ok(typeof read === "string");
      assert.match(read, problem);
    });
  }
});
