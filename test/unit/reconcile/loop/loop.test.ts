import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { TurnRequest } from "../../../../src/reconcile/turn/desk.js";
import { createLoop, type Loop } from "../../../../src/reconcile/loop/loop.js";
import type { Turn } from "../../../../src/reconcile/turn/reconcile-once.js";
import { parseSchedule } from "../../../../src/reconcile/loop/schedule.js";
import { createManualClock, settle, type ManualClock } from "../../../support/manual-clock.js";

/** A turn under way: what it was asked for, and how to end it. */
interface Running {
  readonly request: TurnRequest;
  readonly signal: AbortSignal;
  end(outcome?: { readonly retries?: boolean; readonly retryAfterMs?: number }): Promise<void>;
}

describe("the loop", () => {
  let clock: ManualClock;
  let started: Running[];
  let seen: Set<string>;
  let loop: Loop;

  const create = (poll: string): Loop =>
    (loop = createLoop({
      turn: (request, signal) =>
        new Promise<Turn>((resolve) => {
          started.push({
            request,
            signal,
            async end({ retries = false, retryAfterMs } = {}) {
              const report = {
                result: retries ? "failed" : "unchanged",
                reason: request.reason,
                atMs: clock.now(),
                commit: undefined,
                judged: 0,
                durations: {},
                error: undefined,
              } as const;
              resolve({ report, retries, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
              await settle();
            },
          });
        }),
      hasSeen: (oid) => seen.has(oid),
      schedule: parseSchedule(poll),
      clock,
      random: () => 1,
      backoff: { firstMs: 1_000, maxMs: 60_000 },
    }));
  const last = (): Running => started.at(-1) as Running;

  beforeEach(() => {
    clock = createManualClock();
    started = [];
    seen = new Set();
  });

  it("sleeps until it is woken, and turns at once then", async () => {
    create("off");
    await clock.pass(1_000_000);
    assert.equal(started.length, 0);
    loop.wake("start");
    assert.equal(started.length, 1);
    assert.deepEqual(last().request, { reason: "start", looks: true, force: false });
    assert.equal(loop.state, "working");
    await last().end();
    assert.equal(loop.state, "idle");
    assert.equal(loop.nextTurnAtMs, undefined);
    assert.equal(loop.turns, 1);
  });

  it("makes one turn at a time, and one more for all that came meanwhile", async () => {
    create("off");
    loop.wake("start");
    loop.wake("secrets");
    loop.wake("webhook");
    loop.wake("request", { force: true });
    assert.equal(started.length, 1);
    await last().end();
    assert.equal(started.length, 2);
    assert.deepEqual(last().request, { reason: "secrets", looks: true, force: true });
    await last().end();
    assert.equal(started.length, 2);
  });

  for (const reason of ["secrets", "endpoints", "veto"] as const) {
    it(`does not ask the remote for ${reason}`, () => {
      create("off");
      loop.wake(reason);
      assert.equal(last().request.looks, false);
    });
  }

  it("comes back on schedule", async () => {
    create("@every 10s");
    loop.wake("start");
    await last().end();
    assert.equal(loop.nextTurnAtMs, clock.now() + 11_000);
    await clock.pass(10_999);
    assert.equal(started.length, 1);
    await clock.pass(1);
    assert.equal(last().request.reason, "schedule");
    await last().end();
    loop.wake("endpoints");
    await last().end();
    await clock.pass(11_000);
    assert.equal(started.length, 4);
  });

  it("backs off from failures, whatever the schedule, and starts over after a success", async () => {
    create("@every 10s");
    loop.wake("start");
    for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      await last().end({ retries: true });
      assert.equal(loop.state, "backing-off");
      const turns = started.length;
      await clock.pass(waitMs - 1);
      assert.equal(started.length, turns);
      await clock.pass(1);
      assert.equal(started.length, turns + 1);
      assert.equal(last().request.reason, "retry");
    }
    await last().end();
    assert.equal(loop.state, "idle");
    await clock.pass(11_000);
    await last().end({ retries: true });
    assert.equal(loop.nextTurnAtMs, clock.now() + 1_000);
  });

  it("retries also without a schedule", async () => {
    create("off");
    loop.wake("start");
    await last().end({ retries: true });
    await clock.pass(1_000);
    assert.equal(started.length, 2);
  });

  it("turns at once while backing off when it is woken", async () => {
    create("off");
    loop.wake("start");
    await last().end({ retries: true });
    loop.wake("webhook");
    assert.equal(started.length, 2);
  });

  it("leaves a remote alone that asked for it, but for a person and for inner matters", async () => {
    create("@every 10s");
    loop.wake("start");
    await last().end({ retries: true, retryAfterMs: 600_000 });
    loop.wake("webhook");
    assert.equal(started.length, 1);
    loop.wake("secrets");
    assert.equal(started.length, 2);
    await last().end();
    assert.equal(loop.nextTurnAtMs, clock.now() + 600_000);
    loop.wake("request");
    assert.equal(started.length, 3);
    await last().end();
    loop.wake("webhook");
    assert.equal(started.length, 4);
  });

  it("looks again for a commit that a webhook named, a few times", async () => {
    create("off");
    loop.wake("webhook", { expect: "abc" });
    await last().end();
    for (const waitMs of [500, 1_000, 2_000]) {
      await clock.pass(waitMs);
      await last().end();
    }
    assert.equal(started.length, 4);
    seen.add("abc");
    await clock.pass(4_000);
    await last().end();
    await clock.pass(1_000_000);
    assert.equal(started.length, 5);

    loop.wake("webhook", { expect: "never" });
    await last().end();
    for (let looks = 0; looks < 20; looks++) {
      await clock.pass(10_000);
      await last().end();
    }
    assert.equal(started.length, 5 + 7);
    assert.equal(clock.waiting(), 0);
  });

  it("waits longer than node's timers can", async () => {
    create("0 0 1 1 *");
    loop.wake("start");
    await last().end();
    const days = ((loop.nextTurnAtMs ?? 0) - clock.now()) / 86_400_000;
    if (days > 2) {
      await clock.pass(86_400_000);
      assert.equal(started.length, 1);
      assert.equal(clock.waiting(), 1);
    }
  });

  it("ends the turn under way when it is closed, and makes no other", async () => {
    create("@every 10s");
    loop.wake("start");
    const { signal, end } = last();
    loop.wake("webhook");
    const closed = loop.close();
    assert.equal(signal.aborted, true);
    await end();
    await closed;
    assert.equal(loop.state, "stopped");
    loop.wake("request");
    await clock.pass(1_000_000);
    assert.equal(started.length, 1);
  });
});
