import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { withDeadline } from "../../../src/source/deadline.js";

/** Ends when the signal does, as every operation must. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
  });

describe("withDeadline()", () => {
  it("ends an operation that takes too long", async () => {
    const { signal } = new AbortController();
    await assert.rejects(withDeadline(signal, 5, untilAborted), { name: "TimeoutError" });
  });

  it("ends an operation when the caller is aborted, before or while it runs", async () => {
    const controller = new AbortController();
    const running = withDeadline(controller.signal, 60_000, untilAborted);
    controller.abort(new Error("enough"));
    await assert.rejects(running, /enough/);
    await assert.rejects(withDeadline(controller.signal, 60_000, untilAborted), /enough/);
  });

  it("leaves nothing behind on the caller's signal", async () => {
    const { signal } = new AbortController();
    assert.equal(await withDeadline(signal, 60_000, () => Promise.resolve(7)), 7);
    await assert.rejects(withDeadline(signal, 60_000, () => Promise.reject(new Error("x"))));
    assert.deepEqual(getEventListeners(signal, "abort"), []);
  });
});
