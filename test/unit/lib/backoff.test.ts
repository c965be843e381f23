import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backoffMs } from "../../../src/lib/backoff.js";

describe("backoffMs()", () => {
  const options = { firstMs: 1_000, maxMs: 60_000 };

  it("doubles up to the most", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((attempts) =>
      backoffMs(attempts, options, () => 1),
    );
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("spreads over the upper half", () => {
    assert.equal(
      backoffMs(3, options, () => 0),
      2_000,
    );
    assert.equal(
      backoffMs(3, options, () => 0.5),
      3_000,
    );
  });
});
