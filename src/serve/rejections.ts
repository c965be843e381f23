/**
 * Which nodes rejected the last response of a type. Envoy may have taken a part of it, and keeps saying
 * that it has the version before; so when it connects again, what it says it has is not relied on.
 */
export interface Rejections {
  has(nodeId: string, typeUrl: string): boolean;
  add(nodeId: string, typeUrl: string): void;
  /** The node accepted a response of the type. */
  clear(nodeId: string, typeUrl: string): void;
}

/** Remembers at most `limit` of them, the newest. */
export function createRejections(limit = 10_000): Rejections {
  const known = new Set<string>();
  const keyOf = (nodeId: string, typeUrl: string): string => `${typeUrl} ${nodeId}`;
  return {
    has: (nodeId, typeUrl) => known.has(keyOf(nodeId, typeUrl)),
    add(nodeId, typeUrl) {
      const key = keyOf(nodeId, typeUrl);
      known.delete(key);
      known.add(key);
      for (const oldest of known) {
        if (known.size <= limit) break;
        known.delete(oldest);
      }
    },
    clear(nodeId, typeUrl) {
      if (known.size > 0) known.delete(keyOf(nodeId, typeUrl));
    },
  };
}
