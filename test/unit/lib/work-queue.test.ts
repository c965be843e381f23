import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createWorkQueue } from "../../../src/lib/work-queue.js";

describe("a work queue", () => {
  it("does one piece at a time, also after one that failed, and is idle at the end", async () => {
    const queue = createWorkQueue();
    const done: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = queue.run(async () => {
      await held;
      done.push("first");
      throw new Error("no luck");
    });
    const second = queue.run(() => Promise.resolve(done.push("second")));
    assert.deepEqual(done, []);
    release();
    await assert.rejects(first, /no luck/);
    await queue.idle();
    assert.deepEqual(done, ["first", "second"]);
    assert.equal(await second, 2);
  });
});
