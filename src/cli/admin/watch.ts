import { setTimeout as delay } from "node:timers/promises";
import type { Io } from "../io.js";

const clearScreen = "\u001b[2J\u001b[H";

/**
 * Shows what `look` gives: once, or every `intervalMs` until the process is told to end. On a
 * terminal each look takes the place of the last; elsewhere they follow one another.
 */
export async function show(
  look: () => Promise<string>,
  io: Io,
  intervalMs: number | undefined,
): Promise<void> {
  for (;;) {
    const text = await look().catch(unlessEnded(io));
    if (text === undefined) return;
    io.stdout(intervalMs !== undefined && io.isTerminal ? clearScreen + text : text);
    if (intervalMs === undefined) return;
    await delay(intervalMs, undefined, { signal: io.signal }).catch(unlessEnded(io));
    if (io.signal.aborted) return;
  }
}

/** To end a watch is how one leaves it, and no failure. */
function unlessEnded(io: Io): (cause: unknown) => undefined {
  return (cause) => {
    if (!io.signal.aborted) throw cause;
    return undefined;
  };
}
