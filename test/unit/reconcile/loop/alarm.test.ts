import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAlarm } from "../../../../src/reconcile/loop/alarm.js";
import { createManualClock } from "../../../support/manual-clock.js";

const hourMs = 3_600_000;

describe("createAlarm()", () => {
  it("rings once, at the time that was set last, also days away", async () => {
    const clock = createManualClock(0);
    const rings: number[] = [];
    const alarm = createAlarm(clock, () => rings.push(clock.now()));
    alarm.set(hourMs);
    alarm.set(60 * hourMs);
    alarm.set(60 * hourMs);
    await clock.pass(59 * hourMs);
    assert.deepEqual(rings, []);
    await clock.pass(2 * hourMs);
    assert.deepEqual([rings, clock.waiting()], [[60 * hourMs], 0]);
  });

  it("can be called off, and set again", async () => {
    const clock = createManualClock(0);
    let rings = 0;
    const alarm = createAlarm(clock, () => rings++);
    alarm.set(hourMs);
    alarm.set(undefined);
    assert.equal(clock.waiting(), 0);
    alarm.set(hourMs);
    await clock.pass(hourMs);
    assert.equal(rings, 1);
  });
});
