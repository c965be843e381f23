import { maxWaitMs, type Clock } from "../../lib/clock.js";

/** Does something at a time of day, however far away. */
export interface Alarm {
  /** Takes the place of the time that was set before; undefined: not at all. */
  set(atMs: number | undefined): void;
}

/** Starts unset. */
export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let setMs: number | undefined;
  let cancel: (() => void) | undefined;
  const wait = (atMs: number): void => {
    cancel = clock.after(Math.min(Math.max(0, atMs - clock.now()), maxWaitMs), () => {
      // Timers may be early, and are where the wait is longer than they can be.
      if (clock.now() < atMs) {
        wait(atMs);
        return;
      }
      cancel = setMs = undefined;
      ring();
    });
  };
  return {
    set(atMs) {
      if (atMs === setMs) return;
      cancel?.();
      cancel = undefined;
      setMs = atMs;
      if (atMs !== undefined) wait(atMs);
    },
  };
}
