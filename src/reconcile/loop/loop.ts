import { backoffMs, type BackoffOptions } from "../../lib/backoff.js";
import { maxWaitMs, type Clock } from "../../lib/clock.js";
import type { ReconcilerStatus, WakeReason } from "../reconciler.js";
import type { TurnRequest } from "../turn/desk.js";
import type { Turn } from "../turn/reconcile-once.js";
import type { Schedule } from "./schedule.js";

/** When turns are made: one at a time, and after every wake at least one that began after it. */
export interface Loop {
  /** Gives the number of the turn that answers it. */
  wake(
    reason: WakeReason,
    options?: { readonly force?: boolean; readonly expect?: string },
  ): number;
  readonly state: ReconcilerStatus["state"];
  readonly turns: number;
  readonly nextTurnAtMs: number | undefined;
  /** Makes no more turns, and waits for the one under way, which is told to stop. */
  close(): Promise<void>;
}

export interface LoopOptions {
  /** Makes a turn; turns are counted from 1. Never rejects. */
  readonly turn: (request: TurnRequest, signal: AbortSignal, number: number) => Promise<Turn>;
  /** Whether the remote has shown a commit. */
  readonly hasSeen: (oid: string) => boolean;
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: BackoffOptions;
}

/** What does not come from the remote: it need not be asked. */
const inner: ReadonlySet<WakeReason> = new Set(["secrets", "endpoints", "veto", "order", "window"]);
/** Mirrors of Git hosts show a commit later than its webhook comes. */
const expectMs: BackoffOptions = { firstMs: 500, maxMs: 8_000 };
const maxExpectLooks = 6;

/** Starts asleep: `wake` makes the first turn. */
export function createLoop(options: LoopOptions): Loop {
  const { turn, hasSeen, schedule, clock, random, backoff } = options;
  const stop = new AbortController();
  const expected = new Map<string, number>();
  let pending: TurnRequest | undefined;
  let running: Promise<void> | undefined;
  let begun = 0;
  let turns = 0;
  let failures = 0;
  /** The remote asked to be left alone until then. */
  let notBeforeMs = 0;
  let nextTurnAtMs: number | undefined;
  let cancelTimer: (() => void) | undefined;

  const plan = (delayMs: number | undefined, reason: WakeReason): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    nextTurnAtMs = delayMs === undefined ? undefined : clock.now() + delayMs;
    if (delayMs === undefined || stop.signal.aborted) return;
    const waitMs = Math.min(delayMs, maxWaitMs);
    cancelTimer = clock.after(waitMs, () => {
      if (waitMs < delayMs) plan(delayMs - waitMs, reason);
      else add({ reason, looks: true, force: false });
    });
  };

  const planNext = ({ retries, retryAfterMs = 0 }: Turn, looked: boolean): void => {
    if (retries) {
      const delayMs = Math.max(backoffMs(++failures, backoff, random), retryAfterMs);
      if (retryAfterMs > 0) notBeforeMs = clock.now() + retryAfterMs;
      plan(delayMs, "retry");
      return;
    }
    // A turn that did not ask the remote says nothing about it: what was planned stays.
    if (!looked) return;
    failures = 0;
    notBeforeMs = 0;
    plan(schedule.nextDelayMs(random), "schedule");
  };

  /** A commit that a webhook named is looked for again, sooner than the schedule says. */
  const planExpected = (looked: boolean): void => {
    for (const [oid, looks] of expected) {
      if (hasSeen(oid) || looks >= maxExpectLooks) expected.delete(oid);
      else if (looked) expected.set(oid, looks + 1);
    }
    const [looks] = [...expected.values()].sort((a, b) => a - b);
    if (looks === undefined || failures > 0) return;
    const delayMs = backoffMs(Math.max(looks, 1), expectMs, random);
    if (nextTurnAtMs === undefined || clock.now() + delayMs < nextTurnAtMs) {
      plan(delayMs, "webhook");
    }
  };

  const run = async (): Promise<void> => {
    while (pending !== undefined && !stop.signal.aborted) {
      const request = pending;
      pending = undefined;
      const made = await turn(request, stop.signal, ++begun);
      turns++;
      if (stop.signal.aborted) return;
      planNext(made, request.looks);
      planExpected(request.looks);
    }
  };

  const add = (request: TurnRequest): void => {
    if (stop.signal.aborted) return;
    pending =
      pending === undefined
        ? request
        : {
            reason: pending.reason,
            looks: pending.looks || request.looks,
            force: pending.force || request.force,
          };
    running ??= run().finally(() => {
      running = undefined;
      // What came between the last look at `pending` and here.
      if (pending !== undefined) add(pending);
    });
  };

  return {
    wake(reason, { force = false, expect } = {}) {
      if (expect !== undefined && !hasSeen(expect)) expected.set(expect, 0);
      const looks = !inner.has(reason);
      // A person may insist; a webhook waits for the retry that is planned.
      const isBarred = looks && reason !== "request" && clock.now() < notBeforeMs;
      const answer = begun + 1;
      if (!isBarred) add({ reason, looks, force });
      return answer;
    },
    get state() {
      if (stop.signal.aborted) return "stopped";
      if (running !== undefined) return "working";
      return failures > 0 ? "backing-off" : "idle";
    },
    get turns() {
      return turns;
    },
    get nextTurnAtMs() {
      return nextTurnAtMs;
    },
    async close() {
      stop.abort();
      cancelTimer?.();
      cancelTimer = nextTurnAtMs = undefined;
      await running;
    },
  };
}
