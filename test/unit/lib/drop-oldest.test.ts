import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dropOldest } from "../../../src/lib/drop-oldest.js";

describe("dropOldest()", () => {
  it("takes out what was added first, and no more than it must", () => {
    const map = new Map([1, 2, 3].map((key) => [key, String(key)]));
    dropOldest(map, 2);
    assert.deepEqual([...map.keys()], [2, 3]);
    dropOldest(map, 2);
    assert.deepEqual([...map.keys()], [2, 3]);
    const set = new Set(["a", "b"]);
    dropOldest(set, 0);
    assert.equal(set.size, 0);
  });
});
