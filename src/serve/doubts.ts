/**
 * What nodes rejected on a stream that has ended since. Envoy may have taken a part of a response that
 * it rejected, and keeps saying that it has the version before; so when it connects again, what it says
 * of these names is not relied on.
 */
export interface Doubts {
  /** The stream of a node ended, and these names were in responses that it rejected. */
  leave(nodeId: string, typeUrl: string, names: ReadonlySet<string>): void;
  /** What is doubted of a node, for its next stream to see to. */
  take(nodeId: string, typeUrl: string): ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/** Remembers at most `limit` types of nodes, the newest. */
export function createDoubts(limit = 10_000): Doubts {
  const known = new Map<string, ReadonlySet<string>>();
  const keyOf = (nodeId: string, typeUrl: string): string => `${typeUrl} ${nodeId}`;
  return {
    leave(nodeId, typeUrl, names) {
      if (names.size === 0) return;
      const key = keyOf(nodeId, typeUrl);
      known.delete(key);
      known.set(key, names);
      for (const oldest of known.keys()) {
        if (known.size <= limit) break;
        known.delete(oldest);
      }
    },
    take(nodeId, typeUrl) {
      const key = keyOf(nodeId, typeUrl);
      const names = known.get(key) ?? none;
      known.delete(key);
      return names;
    },
  };
}
