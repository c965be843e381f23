import type { GitObject } from "./git-object.js";

/** An object that was unpacked, and its name if that was computed from its content. */
export interface CachedObject extends GitObject {
  readonly oid?: string;
}

/** Unpacked objects, the least recently used dropped first, up to a number of bytes. */
export interface ObjectCache {
  get(key: number): CachedObject | undefined;
  set(key: number, object: CachedObject): void;
  clear(): void;
}

/** What an entry costs beyond its content. */
const overheadBytes = 256;

/** Makes an empty cache. An object of more than a quarter of `maxBytes` is not kept. */
export function createObjectCache(maxBytes: number): ObjectCache {
  const entries = new Map<number, CachedObject>();
  let bytes = 0;
  const drop = (key: number, object: CachedObject): void => {
    entries.delete(key);
    bytes -= object.content.length + overheadBytes;
  };
  return {
    get(key) {
      const found = entries.get(key);
      if (found === undefined) return undefined;
      entries.delete(key);
      entries.set(key, found);
      return found;
    },
    set(key, object) {
      if (object.content.length > maxBytes / 4) return;
      const known = entries.get(key);
      if (known !== undefined) drop(key, known);
      entries.set(key, object);
      bytes += object.content.length + overheadBytes;
      for (const [oldKey, old] of entries) {
        if (bytes <= maxBytes) break;
        drop(oldKey, old);
      }
    },
    clear() {
      entries.clear();
      bytes = 0;
    },
  };
}
