import type { Clock } from "../../lib/clock.js";
import type { Durations, Stage } from "../commits/commit-record.js";

/** Takes the time of stages; a stage that comes several times is added up. */
export interface Stopwatch {
  time<T>(stage: Stage, work: () => T | Promise<T>): Promise<T>;
  add(durations: Durations): void;
  readonly durations: Durations;
}

/** Starts with nothing taken, or with what was taken before. */
export function createStopwatch(clock: Pick<Clock, "now">, before: Durations = {}): Stopwatch {
  let durations: Durations = before;
  const add = (more: Durations): void => {
    const sums: Partial<Record<Stage, number>> = { ...durations };
    // Durations has stages as its keys.
    for (const [stage, ms] of Object.entries(more) as [Stage, number][]) {
      sums[stage] = (sums[stage] ?? 0) + ms;
    }
    durations = sums;
  };
  return {
    async time(stage, work) {
      const startedMs = clock.now();
      try {
        return await work();
      } finally {
        add({ [stage]: clock.now() - startedMs });
      }
    },
    add,
    get durations() {
      return durations;
    },
  };
}
