import type { Durations, Refusal } from "../commits/commit-record.js";
import type { Release } from "../releases/release.js";

/** What becomes of releases, for the history. */
export interface RolloutEvents {
  /** Envoys are about to be sent it. */
  onPublishing(release: Release): void;
  /** It counts as live. `reason` says what is not as it should be. */
  onLive(release: Release, reason: string | undefined): void;
  /** Envoys have proven it: there is no going back beyond it any more. */
  onProven(release: Release, durations: Durations): void;
  /** Envoys refused it. What came before it is going to be served, if there is anything. */
  onRefused(release: Release, refusals: readonly Refusal[]): void;
  /** This one is served in the place of one that was refused. */
  onWentBack(release: Release): void;
  /** It was refused, and is still served: there is nothing to go back to. */
  onNothingBefore(release: Release): void;
  /** Another Envoy refused what was refused already. */
  onRefusal(release: Release, refusal: Refusal): void;
  /** All who refused it refuse the release before it too: their word says nothing about it. */
  onRefusalVoid(release: Release): void;
  /** A newer one took its place before it was decided on. */
  onSuperseded(release: Release): void;
}
