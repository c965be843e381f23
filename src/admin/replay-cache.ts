/** Remembers what was seen, up to a number; the oldest is forgotten first. */
export interface ReplayCache {
  /** Whether one of the keys was seen before. From now on all of them are. */
  isReplay(keys: readonly string[]): boolean;
}

/** Starts empty. */
export function createReplayCache(limit: number): ReplayCache {
  const seen = new Set<string>();
  return {
    isReplay(keys) {
      const replay = keys.some((key) => seen.has(key));
      for (const key of keys) {
        seen.delete(key);
        seen.add(key);
      }
      for (const oldest of seen) {
        if (seen.size <= limit) break;
        seen.delete(oldest);
      }
      return replay;
    },
  };
}
