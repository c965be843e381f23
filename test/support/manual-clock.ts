import type { Clock } from "../../src/lib/clock.js";

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on, and runs what is due on the way, in its order; lets promises settle in between. */
  pass(ms: number): Promise<void>;
  /** Waits that are under way. */
  readonly waiting: () => number;
}

/** Starts at a time that no machine has. */
export function createManualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs;
  let waits: { readonly atMs: number; readonly action: () => void }[] = [];
  return {
    now: () => nowMs,
    after(ms, action) {
      const wait = { atMs: nowMs + ms, action };
      waits.push(wait);
      return () => {
        waits = waits.filter((other) => other !== wait);
      };
    },
    async pass(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        const [next] = [...waits].sort((a, b) => a.atMs - b.atMs);
        if (next === undefined || next.atMs > endMs) break;
        waits = waits.filter((other) => other !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.action();
        await settle();
      }
      nowMs = endMs;
    },
    waiting: () => waits.length,
  };
}

/** Lets everything that only waits for promises come to its end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
