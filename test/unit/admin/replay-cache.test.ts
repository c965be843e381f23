import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createReplayCache } from "../../../src/admin/replay-cache.js";

describe("createReplayCache()", () => {
  it("knows what it saw, by any of its keys", () => {
    const cache = createReplayCache(10);
    assert.equal(cache.isReplay(["id 1", "signature x"]), false);
    assert.equal(cache.isReplay(["id 1"]), true);
    assert.equal(cache.isReplay(["id 2", "signature x"]), true);
    assert.equal(cache.isReplay(["id 3"]), false);
  });

  it("takes what has no key for new, each time", () => {
    const cache = createReplayCache(10);
    assert.deepEqual([cache.isReplay([]), cache.isReplay([])], [false, false]);
  });

  it("forgets the oldest first, and what is seen again is not old", () => {
    const cache = createReplayCache(2);
    for (const key of ["a", "b", "a", "c"]) cache.isReplay([key]);
    assert.equal(cache.isReplay(["a"]), true);
    assert.equal(cache.isReplay(["b"]), false);
  });
});
