/** The last and first moment that a JavaScript date can hold. */
const maxMs = 8.64e15;

/** ISO 8601 in UTC. Commits come with any number as their time, so none is too large. */
export function isoOf(ms: number): string {
  return new Date(Math.max(-maxMs, Math.min(maxMs, ms || 0))).toISOString();
}

/** The same, and null for what has not happened. */
export function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoOf(ms);
}
