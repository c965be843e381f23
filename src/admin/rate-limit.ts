import { isIPv6 } from "node:net";

/** Holds off those who ask too often, each by itself. */
export interface RateLimit {
  /** Counts one request of `source`. 0: it may go on; else the milliseconds to wait. */
  take(source: string): number;
}

export interface RateLimitOptions {
  /** Requests at once. */
  readonly burst: number;
  /** Requests a second that are made up for. */
  readonly perSecond: number;
  /** Sources that are remembered; the one that was silent for longest is forgotten first. */
  readonly maxSources: number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** A token bucket for each source. */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { burst, perSecond, maxSources, now } = options;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    take(source) {
      const atMs = now();
      const bucket = buckets.get(source) ?? { tokens: burst, atMs };
      const earned = (Math.max(0, atMs - bucket.atMs) / 1000) * perSecond;
      const tokens = Math.min(burst, bucket.tokens + earned);
      const granted = tokens >= 1;
      buckets.delete(source);
      buckets.set(source, { tokens: granted ? tokens - 1 : tokens, atMs });
      for (const oldest of buckets.keys()) {
        if (buckets.size <= maxSources) break;
        buckets.delete(oldest);
      }
      return granted ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000);
    },
  };
}

/**
 * Who counts as one source: an IPv4 address, or the network of an IPv6 one, of which a machine has as
 * many as it likes.
 */
export function sourceOf(address: string | undefined): string {
  const plain = (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail === undefined) return left.slice(0, 4).join(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}
