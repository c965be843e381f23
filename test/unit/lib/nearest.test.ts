import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { nearest } from "../../../src/lib/nearest.js";

describe("nearest()", () => {
  for (const [want, word, candidates] of [
    ["timeout", "timout", ["timeout", "retries"]], // a letter left out
    ["prefix", "perfix", ["prefix", "suffix"]], // neighbours swapped
    ["path", "paht", ["pass", "path"]], // a swap is nearer than two letters
    ["hosts", "Host", ["hosts", "port"]], // the case does not count
    ["a", "b", ["a"]], // one letter may always be wrong
    ["cat", "bat", ["cat", "hat"]], // of equals, the first
    [undefined, "retries", ["timeout", "hosts"]],
    [undefined, "abc", ["xyz"]],
    [undefined, "abc", []],
    [undefined, "", ["name"]],
  ] as const) {
    it(`${want}: for "${word}" among ${JSON.stringify(candidates)}`, () => {
      assert.equal(nearest(word, candidates), want);
    });
  }

  it("finds a candidate itself, whatever else there is", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.nat(), (candidates, at) => {
        const word = candidates[at % candidates.length] ?? "";
        assert.equal(nearest(word, candidates)?.toLowerCase(), word.toLowerCase());
      }),
    );
  });

  it("is done at once with a word of a million letters", () => {
    const start = performance.now();
    assert.equal(nearest("x".repeat(1_000_000), ["name", "y".repeat(1_000)]), undefined);
    assert.ok(performance.now() - start < 1_000);
  });
});
