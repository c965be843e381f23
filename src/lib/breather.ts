import { setImmediate } from "node:timers/promises";

/**
 * Keeps long synchronous work from holding up everything else in the process: `await breathe()`
 * between its steps lets other events through when `sliceMs` have passed since the last time.
 * Throws the signal's reason once it is aborted.
 */
export function createBreather(
  signal?: AbortSignal,
  sliceMs = 15,
): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < sliceMs) return undefined;
    return setImmediate().then(() => {
      signal?.throwIfAborted();
      since = performance.now();
    });
  };
}
