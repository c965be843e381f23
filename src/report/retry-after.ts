import type { ReportAnswer } from "./report-answer.js";

/** Whoever asks for more is asked again after this long, in milliseconds. */
const maxMs = 60 * 60 * 1000;

/**
 * Milliseconds for which an answer asks to be left alone; undefined: it does not. `Retry-After` comes in
 * seconds or as a date; GitHub and GitLab also say when a limit begins anew, in seconds since 1970.
 */
export function retryAfterMs({ headers, status }: ReportAnswer, nowMs: number): number | undefined {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const within = (ms: number): number | undefined =>
    Number.isFinite(ms) ? Math.min(Math.max(ms, 0), maxMs) : undefined;
  const asked = text("retry-after");
  if (asked !== undefined) {
    return /^\d+$/.test(asked) ? within(Number(asked) * 1000) : within(Date.parse(asked) - nowMs);
  }
  const remaining = text("x-ratelimit-remaining") ?? text("ratelimit-remaining");
  const reset = text("x-ratelimit-reset") ?? text("ratelimit-reset");
  if ((status === 403 || status === 429) && remaining === "0" && reset !== undefined) {
    return within(Number(reset) * 1000 - nowMs);
  }
  return undefined;
}
