/** How long to wait between attempts that fail. */
export interface BackoffOptions {
  /** After the first failure, in milliseconds. */
  readonly firstMs: number;
  /** At most, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after failure number `attempts` in a row: doubled each time, and of that a
 * random part between a half and the whole, so that many who failed together do not return together.
 * `random` gives numbers from 0 up to 1.
 */
export function backoffMs(
  attempts: number,
  { firstMs, maxMs }: BackoffOptions,
  random: () => number,
): number {
  const doubled = firstMs * 2 ** Math.min(attempts - 1, 30);
  return Math.round(Math.min(doubled, maxMs) * (0.5 + random() / 2));
}
