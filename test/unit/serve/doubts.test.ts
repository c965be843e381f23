import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDoubts } from "../../../src/serve/doubts.js";

describe("createDoubts()", () => {
  it("gives what a node left, by type, and once", () => {
    const doubts = createDoubts();
    doubts.leave("n", "t", new Set(["a"]));
    assert.deepEqual([...doubts.take("n", "other")], []);
    assert.deepEqual([...doubts.take("other", "t")], []);
    assert.deepEqual([...doubts.take("n", "t")], ["a"]);
    assert.deepEqual([...doubts.take("n", "t")], []);
  });

  it("forgets the oldest beyond its limit", () => {
    const doubts = createDoubts(2);
    for (const node of ["1", "2", "1", "3"]) doubts.leave(node, "t", new Set([node]));
    const kept = ["1", "2", "3"].map((node) => doubts.take(node, "t").size);
    assert.deepEqual(kept, [1, 0, 1]);
  });
});
