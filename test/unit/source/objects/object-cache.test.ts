import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createObjectCache } from "../../../../src/source/objects/object-cache.js";

const object = (bytes: number) => ({ type: "blob", content: Buffer.alloc(bytes) }) as const;

describe("createObjectCache()", () => {
  it("drops what was not used for longest when there is too much", () => {
    const cache = createObjectCache(5_000);
    for (const key of [1, 2, 3]) cache.set(key, object(1_000));
    assert.ok(cache.get(1));
    cache.set(4, object(1_000));
    assert.deepEqual(
      [1, 2, 3, 4].filter((key) => cache.get(key)),
      [1, 3, 4],
    );
  });

  it("counts an object that is set again once", () => {
    const cache = createObjectCache(5_000);
    for (let round = 0; round < 10; round++) cache.set(1, object(1_000));
    cache.set(2, object(1_000));
    assert.ok(cache.get(1) && cache.get(2));
  });

  it("does not keep one object at the cost of all others", () => {
    const cache = createObjectCache(4_000);
    cache.set(1, object(500));
    cache.set(2, object(1_001));
    assert.deepEqual(
      [1, 2].filter((key) => cache.get(key)),
      [1],
    );
    cache.clear();
    assert.equal(cache.get(1), undefined);
  });
});
