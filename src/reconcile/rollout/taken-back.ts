import { wholeOf, type Release } from "../releases/release.js";
import { answerKey, type Nack, type Trial } from "./trial.js";

/** The release that was taken back last, and who has yet to show that it was right to refuse it. */
export interface TakenBack {
  /** The release, if a refusal is about it; undefined: it is not. */
  refusedBy(nack: Nack): Release | undefined;
  /**
   * An Envoy refuses what came in its place as well: its word says nothing about the one that was
   * taken back. Gives that one when this was the last of those words.
   */
  doubt(nack: Nack, current: Trial | undefined): Release | undefined;
  /** A trial ended with a refusal. */
  set(trial: Trial): void;
  clear(): void;
}

/** Starts with nothing that was taken back. */
export function createTakenBack(): TakenBack {
  let taken: { readonly trial: Trial; readonly release: Release } | undefined;
  /** Who refused it, and has not refused what came in its place. */
  let open = new Set<string>();
  return {
    refusedBy(nack) {
      if (taken?.trial.isAbout(nack) !== true) return undefined;
      open.add(answerKey(nack));
      return taken.release;
    },
    doubt(nack, current) {
      if (taken === undefined || current === taken.trial) return undefined;
      if (!open.delete(answerKey(nack)) || open.size > 0) return undefined;
      const { release } = taken;
      taken = undefined;
      return release;
    },
    set(trial) {
      taken = { trial, release: wholeOf(trial.release) };
      open = new Set(trial.against.keys());
    },
    clear() {
      taken = undefined;
    },
  };
}
