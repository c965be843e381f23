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

  it("finds the distance that a whole table of distances gives", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 9 });
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 5 }), (own, candidates) => {
        const limit = Math.max(1, Math.floor(own.length / 3));
        const distances = candidates.map((other) => distanceOf(own, other));
        const least = Math.min(...distances);
        const want = least <= limit ? candidates[distances.indexOf(least)] : undefined;
        assert.equal(nearest(own, candidates), want);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is done at once with a word of a million letters", () => {
    const start = performance.now();
    assert.equal(nearest("x".repeat(1_000_000), ["name", "y".repeat(1_000)]), undefined);
    assert.ok(performance.now() - start < 1_000);
  });
});

/** Optimal string alignment distance, without any short cut. */
function distanceOf(left: string, right: string): number {
  const table = Array.from({ length: left.length + 1 }, (_, row) =>
    Array.from({ length: right.length + 1 }, (_, column) => (row === 0 ? column : row)),
  );
  const at = (row: number, column: number): number => table[row]?.[column] ?? Infinity;
  for (let row = 1; row <= left.length; row++) {
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      table[row]![column] = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
        swapped ? at(row - 2, column - 2) + 1 : Infinity,
      ); // within the table
    }
  }
  return at(left.length, right.length);
}
