import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRateLimit, sourceOf } from "../../../src/admin/rate-limit.js";

describe("createRateLimit()", () => {
  const at = { ms: 0 };
  const limitOf = (maxSources = 10) =>
    createRateLimit({ burst: 2, perSecond: 0.5, maxSources, now: () => at.ms });

  it("lets a burst through, then what time makes up for", () => {
    const limit = limitOf();
    assert.deepEqual([limit.take("a"), limit.take("a"), limit.take("a")], [0, 0, 2000]);
    at.ms += 1999;
    assert.equal(limit.take("a"), 1);
    at.ms += 1;
    assert.deepEqual([limit.take("a"), limit.take("a")], [0, 2000]);
  });

  it("holds off each source by itself", () => {
    const limit = limitOf();
    for (let asked = 0; asked < 5; asked++) limit.take("a");
    assert.equal(limit.take("b"), 0);
  });

  it("forgets the source that was silent for longest", () => {
    const limit = limitOf(2);
    for (const source of ["a", "a", "b", "b", "a", "c"]) limit.take(source);
    assert.ok(limit.take("a") > 0, "a asked after b");
    assert.equal(limit.take("b"), 0, "b was forgotten");
  });

  it("never saves up more than a burst", () => {
    const limit = limitOf();
    limit.take("a");
    at.ms += 3_600_000;
    assert.deepEqual([limit.take("a"), limit.take("a"), limit.take("a")], [0, 0, 2000]);
  });
});

describe("sourceOf()", () => {
  for (const [address, want] of [
    ["10.0.0.1", "10.0.0.1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::9", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    [undefined, ""],
  ] as const) {
    it(`${want}: ${String(address)}`, () => assert.equal(sourceOf(address), want));
  }
});
