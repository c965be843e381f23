import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lazy, lazyWeak } from "../../../src/lib/lazy.js";

/** Makes values, and counts them. */
function counting(): {
  readonly make: () => { readonly number: number };
  readonly made: () => number;
} {
  let made = 0;
  return { make: () => ({ number: ++made }), made: () => made };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

describe("lazy()", () => {
  it("makes its value at the first call, and never again", () => {
    const { make, made } = counting();
    const get = lazy(make);
    assert.equal(made(), 0);
    assert.equal(get(), get());
    assert.equal(made(), 1);
  });
});

describe("lazyWeak()", () => {
  it("gives the same value as long as somebody holds it", async () => {
    const { make, made } = counting();
    const get = lazyWeak(make);
    assert.equal(made(), 0);
    const held = get();
    await setImmediate();
    collectGarbage();
    assert.equal(get(), held);
    assert.equal(made(), 1);
  });

  it("makes it again after nobody did", async () => {
    const { make, made } = counting();
    const get = lazyWeak(make);
    get();
    // What was looked at stays until the job at hand is done.
    await setImmediate();
    collectGarbage();
    assert.equal(get().number, 2);
    assert.equal(made(), 2);
  });
});
