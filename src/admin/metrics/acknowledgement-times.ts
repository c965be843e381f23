import type { CommitRecord } from "../../reconcile/commits/commit-record.js";

/** How long Envoys took with a commit. */
export interface AcknowledgementTime {
  readonly stage: "firstAck" | "allAcks";
  readonly ms: number;
}

/** Gives each of these times once: Envoys answer after the turn that published a commit. */
export interface AcknowledgementTimes {
  /** Those that are new since the last call. */
  take(commits: readonly CommitRecord[]): readonly AcknowledgementTime[];
}

/** What was published before `startedAtMs`, an earlier process has measured. */
export function createAcknowledgementTimes(startedAtMs: number): AcknowledgementTimes {
  let taken: ReadonlySet<string> = new Set();
  return {
    take(commits) {
      const found: AcknowledgementTime[] = [];
      const known = new Set<string>();
      for (const { commit, publishedAtMs = 0, durations } of commits) {
        if (publishedAtMs < startedAtMs) continue;
        for (const stage of ["firstAck", "allAcks"] as const) {
          const ms = durations[stage];
          if (ms === undefined) continue;
          const key = `${stage} ${commit.oid} ${publishedAtMs}`;
          known.add(key);
          if (!taken.has(key)) found.push({ stage, ms });
        }
      }
      taken = known;
      return found;
    },
  };
}
