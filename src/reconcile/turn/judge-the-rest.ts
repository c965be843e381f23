import { createBreather } from "../../lib/breather.js";
import { releaseOf } from "../releases/make-release.js";
import type { Job } from "./desk.js";
import { judgeCommit, noteAccepted } from "./judge-commit.js";
import { rejectDistrusted } from "./reject-distrusted.js";

/** Gives a verdict on the commits that a newer one went before, and on those that nobody waits for. */
export async function judgeTheRest(job: Job): Promise<void> {
  const { desk, signal } = job;
  const { branch, ledger } = desk;
  const breathe = createBreather(signal);
  for (const commit of branch.chain) {
    if (ledger.stateOf(commit) !== "seen") continue;
    const { failure, distrusted } = job.trust;
    if (failure !== undefined) return;
    const distrust = distrusted.get(commit.oid);
    if (distrust !== undefined) {
      rejectDistrusted(job, commit, distrust);
      continue;
    }
    await breathe();
    const { verdict, watch } = await judgeCommit(job, commit);
    if (verdict.made === undefined) {
      ledger.rejected(commit, verdict, watch.durations, verdict.reason);
      job.found ??= { result: "rejected", commit: commit.oid };
    } else {
      const release = { ...releaseOf(commit, verdict.made), made: verdict.made };
      noteAccepted(job, release, verdict, watch.durations);
      ledger.superseded(commit, "a newer commit came with it");
    }
  }
}
