import type { History } from "../commits/history.js";

/** When the first of the commits that wait for a time may go live. */
export function nextOpeningOf(history: Pick<History, "list">, nowMs: number): number | undefined {
  const ends = history.list().flatMap(({ hold }) => hold?.untilMs ?? []);
  // What should be over and is not waits for something else, such as the remote.
  const times = ends.filter((atMs) => atMs > nowMs);
  return times.length === 0 ? undefined : Math.min(...times);
}
