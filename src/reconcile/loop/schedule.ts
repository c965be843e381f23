import { createTask, validateDetailed } from "node-cron";
import { maxWaitMs } from "../../lib/clock.js";

/** When the remote is looked at without anybody asking. */
export interface Schedule {
  /** Milliseconds from now to the next look; undefined: there is none. `random`: from 0 up to 1. */
  nextDelayMs(random: () => number): number | undefined;
}

const every = /^@every\s+(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const minIntervalMs = 1_000;

/** What is wrong with a schedule, one sentence; undefined: nothing. */
export function scheduleFault(text: string): string | undefined {
  const wanted = text.trim();
  if (wanted === "off") return undefined;
  if (wanted.startsWith("@")) {
    const ms = intervalOf(wanted);
    if (ms === undefined) return `"${text}" is no interval; write it as "@every 30s"`;
    if (ms < minIntervalMs) return `"${text}" is too often; the shortest interval is 1s`;
    return ms > maxWaitMs ? `"${text}" is too seldom; the longest interval is 24h` : undefined;
  }
  const { valid, errors } = validateDetailed(wanted);
  if (valid) return undefined;
  const detail = errors[0] === undefined ? "" : `: ${errors[0].message}`;
  return `"${text}" is no cron expression, no "@every 30s" and not "off"${detail}`;
}

/**
 * Reads a schedule: `@every 10s`, a cron expression with or without seconds, or `off`. Intervals are
 * spread by a tenth in both directions and times of day by a tenth of what lies between two of them
 * (a minute at most), so that many replicas do not ask at once. Throws a `RangeError` for what
 * {@link scheduleFault} complains about.
 */
export function parseSchedule(text: string): Schedule {
  const fault = scheduleFault(text);
  if (fault !== undefined) throw new RangeError(fault);
  const wanted = text.trim();
  if (wanted === "off") return { nextDelayMs: () => undefined };
  const ms = intervalOf(wanted);
  if (ms !== undefined) return { nextDelayMs: (random) => ms * (0.9 + random() / 5) };
  // Only asked for its times: waiting is the loop's business.
  const task = createTask(wanted, () => undefined);
  return {
    nextDelayMs(random) {
      const [first, second] = task.getNextRuns(2).map((date) => date.getTime());
      if (first === undefined) return undefined;
      const spreadMs = second === undefined ? 0 : Math.min((second - first) / 10, 60_000);
      return Math.max(0, first - Date.now()) + random() * spreadMs;
    },
  };
}

function intervalOf(text: string): number | undefined {
  const match = every.exec(text);
  return match === null ? undefined : Number(match[1]) * (unitMs[match[2] ?? ""] ?? 0);
}
