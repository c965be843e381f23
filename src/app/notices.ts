import type { Logger } from "./logger.js";

/** What needs a look outside the reconcile loop, by what it is about; for the log and for status. */
export interface Notices {
  /** Logged once. Undefined: all is well again. */
  set(about: string, sentence: string | undefined): void;
  list(): readonly string[];
}

/** Starts without notices. */
export function createNotices(log: Pick<Logger, "warn" | "info">): Notices {
  const sentences = new Map<string, string>();
  return {
    set(about, sentence) {
      if (sentences.get(about) === sentence) return;
      if (sentence === undefined) {
        sentences.delete(about);
        log.info(`${about}: all is well again`);
      } else {
        sentences.set(about, sentence);
        log.warn(sentence);
      }
    },
    list: () => [...sentences.values()],
  };
}
