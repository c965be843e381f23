import { setTimeout as delay } from "node:timers/promises";

/** Something that was promised did not happen. */
export class PromiseBroken extends Error {
  override readonly name = "PromiseBroken";
}

const deadlineMs = 20_000;
const intervalMs = 40;

/** Asks again and again until there is an answer. Throws {@link PromiseBroken} after 20 seconds. */
export async function waitFor<T>(
  what: string,
  signal: AbortSignal,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new PromiseBroken(`waited ${deadlineMs / 1000} s for ${what}`);
    await delay(intervalMs, undefined, { signal });
  }
}
