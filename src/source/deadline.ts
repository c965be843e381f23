/**
 * Runs an operation that is given up after `ms` milliseconds, or when `signal` is aborted. Unlike
 * `AbortSignal.any`, it leaves nothing behind on a signal that lives as long as the process.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  ms: number,
  operation: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const stop = (): void => own.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => {
    own.abort(new DOMException(`not done after ${ms} ms`, "TimeoutError"));
  }, ms);
  try {
    return await operation(own.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
