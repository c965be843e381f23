import { deepFreeze } from "../../lib/deep-freeze.js";
import type { Upstream } from "../../model/upstream.js";

/** The upstreams of one source as they are at any moment. */
export interface UpstreamFeed {
  current(): readonly Upstream[];
  has(name: string): boolean;
  /** Those that are there from here on. Equal ones change nothing. */
  set(upstreams: readonly Upstream[]): void;
  /** Resolves when `current()` is another array than `seen`, or the signal is aborted. */
  changedFrom(seen: readonly Upstream[], signal: AbortSignal): Promise<void>;
}

/** Starts without upstreams. */
export function createUpstreamFeed(): UpstreamFeed {
  let current: readonly Upstream[] = Object.freeze([]);
  let names: ReadonlySet<string> = new Set();
  const waiting = new Set<() => void>();
  return {
    current: () => current,
    has: (name) => names.has(name),
    set(upstreams) {
      const isSame =
        upstreams.length === current.length &&
        upstreams.every((upstream, index) => upstream === current[index]);
      if (isSame) return;
      current = deepFreeze([...upstreams]);
      names = new Set(current.map(({ name }) => name));
      for (const wake of [...waiting]) wake();
    },
    changedFrom(seen, signal) {
      if (seen !== current || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    },
  };
}
