import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createNameSets, namesExactly } from "../../../src/serve/name-set.js";

describe("createNameSets()", () => {
  const nameSets = createNameSets();

  it("gives equal sets the same object", () => {
    const set = nameSets.of(["b", "a", "b"]);
    assert.equal(nameSets.of(["a", "b"]), set);
    assert.deepEqual([...set.names].sort(), set.sorted);
    assert.notEqual(nameSets.of(["a", "c"]), set);
    assert.notEqual(nameSets.of(['a","b']), set);
    assert.equal(nameSets.of([]), nameSets.empty);
  });
});

describe("namesExactly()", () => {
  const set = createNameSets().of(["b", "a"]);
  for (const [list, want] of [
    [["b", "a"], true],
    [["a", "b"], true],
    [["a"], false],
    [["a", "a"], false],
    [["a", "c"], false],
    [["a", "b", "c"], false],
  ] as const) {
    it(`${want}: ${list.join(" ")}`, () => {
      assert.equal(namesExactly(set, list), want);
    });
  }
});
