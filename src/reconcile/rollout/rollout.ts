import type { Durations } from "../commits/commit-record.js";
import type { Release } from "../releases/release.js";

/**
 * Puts releases before Envoys, watches what they say, and takes back what they refuse. It knows the
 * release that is served, and those that it goes back to.
 */
export interface Rollout {
  readonly serving: Release | undefined;
  /** The last one that Envoys have proven. */
  readonly proven: Release | undefined;
  /**
   * What would be gone back to, newest first: those that were live after the proven one, before anybody
   * could prove or refuse them, and at the end the proven one, unless that is served.
   */
  readonly beneath: readonly Release[];
  /**
   * Serves what was on disk, newest first, without writing it again. The last counts as proven, and so
   * does the first if it is the same to Envoys.
   */
  restore(releases: readonly Release[]): void;
  /** Puts a release before Envoys, when it is safe on disk. What was on trial is superseded. */
  offer(release: Release, options?: OfferOptions): Promise<Offered>;
  /**
   * Gives another form to what is served and to what would be gone back to, such as other endpoints:
   * without a trial, and also if it cannot be written to disk. Writes what could not be written before.
   */
  reshape(change: (release: Release) => Release): Promise<Offered>;
  /** Serves no more releases; waits for what is being written. */
  close(): Promise<void>;
}

export interface OfferOptions {
  /** Publish even if it could not be written to disk. Default: false. */
  readonly evenUnsaved?: boolean;
}

/** What came of an offer. */
export interface Offered {
  readonly isPublished: boolean;
  /** Why it could not be written to the state directory; undefined: it was. */
  readonly error: unknown;
  readonly durations: Durations;
}
