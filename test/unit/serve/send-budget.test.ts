import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSendBudget } from "../../../src/serve/send-budget.js";

/** A budget of 100 bytes whose time passes when a test says so, and what was written within it. */
function budgetOf100() {
  const written: string[] = [];
  const done = new Map<string, () => void>();
  const timers = new Set<() => void>();
  const budget = createSendBudget({
    maxBytes: 100,
    smallBytes: 10,
    after(_delayMs, action) {
      timers.add(action);
      return () => timers.delete(action);
    },
  });
  return {
    written,
    timers,
    take(name: string, bytes: number) {
      budget.take(bytes, (release) => {
        written.push(name);
        done.set(name, release);
      });
    },
    finish: (name: string) => done.get(name)?.(),
    runOut() {
      for (const action of [...timers]) action();
    },
    budget,
  };
}

describe("createSendBudget()", () => {
  it("writes until the bytes on their way reach the limit, then in the order of asking", () => {
    const { take, finish, written } = budgetOf100();
    take("a", 60);
    take("b", 60);
    take("c", 60);
    take("d", 60);
    assert.deepEqual(written, ["a", "b"]);
    finish("b");
    assert.deepEqual(written, ["a", "b", "c"]);
    finish("a");
    assert.deepEqual(written, ["a", "b", "c", "d"]);
  });

  it("lets a response through that is larger than the limit by itself", () => {
    const { take, finish, written } = budgetOf100();
    take("huge", 1_000);
    take("next", 1_000);
    assert.deepEqual(written, ["huge"]);
    finish("huge");
    assert.deepEqual(written, ["huge", "next"]);
  });

  it("never holds up small responses", () => {
    const { take, written } = budgetOf100();
    take("large", 100);
    take("waits", 100);
    take("small", 10);
    assert.deepEqual(written, ["large", "small"]);
  });

  it("does not wait for ever for a client that does not read", () => {
    const { take, runOut, finish, written, timers } = budgetOf100();
    take("stuck", 100);
    take("next", 100);
    runOut();
    assert.deepEqual(written, ["stuck", "next"]);
    finish("stuck"); // late: its share was given back before
    take("last", 100);
    assert.deepEqual(written, ["stuck", "next"]);
    finish("next");
    assert.deepEqual(written, ["stuck", "next", "last"]);
    finish("last");
    assert.equal(timers.size, 0);
  });

  it("goes on past any number of streams that have ended meanwhile", () => {
    const { take, finish, budget, written } = budgetOf100();
    take("first", 100);
    for (let ended = 0; ended < 50_000; ended++) {
      budget.take(100, (release) => {
        release();
      });
    }
    take("last", 100);
    finish("first");
    assert.deepEqual(written, ["first", "last"]);
  });
});
