/** The time, and waiting for it: what everything that depends on time is given. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `action` once, after this many milliseconds; what it gives prevents that. */
  after(ms: number, action: () => void): () => void;
}

/** Longer waits overflow node's timers; whoever wants to wait longer asks again when this is over. */
export const maxWaitMs = 24 * 60 * 60 * 1000;

/** The clock of this machine. Waiting does not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, Math.min(Math.max(ms, 0), maxWaitMs));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
