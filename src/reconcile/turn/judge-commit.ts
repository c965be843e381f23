import type { CommitInfo } from "../../source/source-tree.js";
import type { Durations } from "../commits/commit-record.js";
import { countChanges, type Base } from "../commits/count-changes.js";
import { wholeOf, type Made, type Release } from "../releases/release.js";
import type { Job } from "./desk.js";
import { createStopwatch, type Stopwatch } from "./stopwatch.js";
import type { Verdict } from "./verdicts.js";

/** The verdict on a commit, and what it took. */
export async function judgeCommit(
  job: Job,
  commit: CommitInfo,
): Promise<{ readonly verdict: Verdict; readonly watch: Stopwatch }> {
  const { desk, inputs, signal } = job;
  const { verdicts, ledger, clock } = desk;
  const watch = createStopwatch(clock);
  if (!verdicts.isKnown(commit, inputs)) job.judged++;
  if (ledger.stateOf(commit) === "seen") ledger.validating(commit);
  try {
    const verdict = await verdicts.of(commit, inputs, watch, signal);
    return { verdict, watch };
  } catch (cause) {
    if (ledger.stateOf(commit) === "validating") ledger.unjudged(commit);
    throw cause;
  } finally {
    job.watch.add(watch.durations);
  }
}

/** Notes that a commit is good, and what it changes. */
export function noteAccepted(
  job: Job,
  release: Release & { readonly made: Made },
  verdict: Verdict,
  durations: Durations,
): void {
  const changes = countChanges(baseOf(job, release.commit), release.made.build);
  job.desk.ledger.accepted(release, verdict, durations, changes);
}

/** What a commit is compared with. */
function baseOf({ desk, inputs }: Job, { parent }: CommitInfo): Base | undefined {
  const { history, verdicts, rollout } = desk;
  const commit = parent === undefined ? undefined : history.get(parent)?.commit;
  const made = commit === undefined ? undefined : verdicts.known(commit, inputs)?.made;
  if (commit !== undefined && made !== undefined) {
    const { snapshot, config } = made.build;
    return { commit: commit.oid, snapshot, config };
  }
  if (rollout.serving === undefined) return undefined;
  const served = wholeOf(rollout.serving);
  const { snapshot } = served;
  return { commit: served.commit.oid, snapshot, config: served.made?.build.config };
}
