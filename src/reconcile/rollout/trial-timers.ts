import type { Clock } from "../../lib/clock.js";

export interface TrialTimersOptions {
  readonly clock: Clock;
  /** Nobody has said anything for so many milliseconds: they may have said all they have to say. */
  readonly quietMs: number;
  /** So many milliseconds after the start, those who have not answered are not awaited any more. */
  readonly ackTimeoutMs: number;
  readonly onQuiet: () => void;
  readonly onTimeout: () => void;
}

/** How long a trial is waited for. */
export interface TrialTimers {
  /** A trial begins, and takes the place of the one before it. */
  start(): void;
  /** Somebody has said something, or might have: `onQuiet` when all are quiet from here on. */
  stir(): void;
  stop(): void;
}

/** Starts stopped. */
export function createTrialTimers(options: TrialTimersOptions): TrialTimers {
  const { clock, quietMs, ackTimeoutMs, onQuiet, onTimeout } = options;
  let stirredAtMs = 0;
  let cancelQuiet: (() => void) | undefined;
  let cancelTimeout: (() => void) | undefined;

  /** One timer for many words: each only moves the time that it waits for. */
  const look = (): void => {
    cancelQuiet = undefined;
    const leftMs = stirredAtMs + quietMs - clock.now();
    if (leftMs > 0) cancelQuiet = clock.after(leftMs, look);
    else onQuiet();
  };
  const stop = (): void => {
    cancelQuiet?.();
    cancelTimeout?.();
    cancelQuiet = cancelTimeout = undefined;
  };

  return {
    start() {
      stop();
      cancelTimeout = clock.after(ackTimeoutMs, () => {
        cancelTimeout = undefined;
        onTimeout();
      });
    },
    stir() {
      stirredAtMs = clock.now();
      cancelQuiet ??= clock.after(quietMs, look);
    },
    stop,
  };
}
