import { SourceError } from "../source/source-error.js";
import type { Change } from "./stored.js";

/** How changes are watched. */
export interface WatchOptions {
  /** Ends the watch; the iteration then ends as if there were no more changes. */
  readonly signal?: AbortSignal;
  /** Time between two looks at the branch, in milliseconds. Sensible: 1,000 to 60,000. Default: 5,000. */
  readonly intervalMs?: number;
  /** Whether what is there at the beginning is reported as added first. Default: true. */
  readonly initial?: boolean;
  /** Told of a look that failed for a reason that may pass; the watch goes on. Default: nobody is. */
  onError?(error: unknown): void;
}

/** What a watch compares. */
export interface Versioned {
  readonly name: string;
  readonly resourceVersion: string;
}

/** Gives what there is now, by name, and the commit that it is of. */
export type Look<T> = (signal: AbortSignal) => Promise<{
  readonly commit: string;
  readonly objects: ReadonlyMap<string, T>;
  /** Tells two states of one object apart; the version of its file may say more than that. */
  fingerprint(object: T): string;
}>;

const defaultIntervalMs = 5_000;
const passing = new Set(["source/unreachable", "source/timeout", "source/rate-limited"]);

/** Looks again and again, and gives what has changed since the last look. */
export async function* watchChanges<T extends Versioned>(
  look: Look<T>,
  options: WatchOptions,
): AsyncGenerator<Change<T>, void, undefined> {
  const signal = options.signal ?? new AbortController().signal;
  let known: ReadonlyMap<string, string> | undefined;
  while (!signal.aborted) {
    try {
      const { commit, objects, fingerprint } = await look(signal);
      const next = new Map([...objects].map(([name, object]) => [name, fingerprint(object)]));
      const before = known ?? (options.initial === false ? next : new Map<string, string>());
      known = next;
      for (const [name, object] of objects) {
        if (!before.has(name)) yield { type: "added", name, object };
        else if (before.get(name) !== next.get(name)) yield { type: "updated", name, object };
      }
      for (const name of before.keys()) {
        if (!next.has(name)) yield { type: "deleted", name, commit };
      }
    } catch (cause) {
      if (signal.aborted) return;
      if (!(cause instanceof SourceError) || !passing.has(cause.code)) throw cause;
      options.onError?.(cause);
    }
    await pause(options.intervalMs ?? defaultIntervalMs, signal);
  }
}

/** Resolves after the time, or when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
