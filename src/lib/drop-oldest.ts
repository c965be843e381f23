/** Takes what was added first out of a map or a set, until it holds `max` at most. */
export function dropOldest<K>(of: Map<K, unknown> | Set<K>, max: number): void {
  for (const oldest of of.keys()) {
    if (of.size <= max) return;
    of.delete(oldest);
  }
}
