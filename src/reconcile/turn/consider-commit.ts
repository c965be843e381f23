import type { CommitInfo } from "../../source/source-tree.js";
import type { CommitRecord } from "../commits/commit-record.js";
import { releaseOf } from "../releases/make-release.js";
import { isReleaseOf, refusalKeys } from "../releases/release.js";
import { askJudge } from "./ask-judge.js";
import { nothing, type Choice } from "./choice.js";
import type { Job } from "./desk.js";
import { holdBack, holdOf, isHeldStill } from "./hold-back.js";
import { judgeCommit, noteAccepted } from "./judge-commit.js";
import { keepAsItIs } from "./refresh.js";
import { rejectDistrusted } from "./reject-distrusted.js";
import type { Verdict } from "./verdicts.js";

export interface ConsiderOptions {
  /** A person insists: neither an old verdict nor a guard counts. Default: false. */
  readonly isForced?: boolean;
  /** A person wants this very commit: nothing holds it. Default: false. */
  readonly isOrdered?: boolean;
}

/** What a commit that has not proven itself calls for; undefined: it is no good, look further. */
export async function considerCommit(
  job: Job,
  commit: CommitInfo,
  { isForced = false, isOrdered = false }: ConsiderOptions = {},
): Promise<Choice | undefined> {
  const { desk, inputs } = job;
  const { serving, proven, beneath } = desk.rollout;
  const { history, ledger } = desk;
  const isProven = commit.oid === proven?.commit.oid && desk.orders.pin === undefined;
  const isServed = commit.oid === serving?.commit.oid || isProven;
  const { distrusted, failure } = job.trust;
  if (failure !== undefined && !isServed) {
    return { kind: "held", commit: commit.oid, code: "reconcile/check-commits", why: failure };
  }
  const distrust = distrusted.get(commit.oid);
  if (distrust !== undefined) return rejectDistrusted(job, commit, distrust);
  if (!isForced && !isServed && isHeldStill(job, commit)) return undefined;
  if (isForced) desk.verdicts.forget(commit, inputs);
  const { verdict, watch } = await judgeCommit(job, commit);
  if (verdict.made === undefined) {
    if (isServed) return keepAsItIs(job, commit, verdict);
    if (isForced || !isRejectedFor(verdict, history.get(commit.oid))) {
      ledger.rejected(commit, verdict, watch.durations, verdict.reason);
      job.found ??= { result: "rejected", commit: commit.oid };
    }
    return undefined;
  }
  if (isServed) desk.problems.set("refresh", undefined);
  const release = { ...releaseOf(commit, verdict.made), made: verdict.made };
  const keys = refusalKeys(release);
  const isRefused = history.isRefused(keys);
  if (serving !== undefined && isReleaseOf(serving, release) && !(isForced && isRefused)) {
    // Refused, and served for want of anything before it: an older commit may be good.
    const isStopgap = isRefused && proven === undefined && beneath.length === 0;
    return isStopgap ? undefined : { kind: "release", release, again: false };
  }
  if (isForced) history.pardon(keys);
  else if (isRefused) {
    if (isServed) return nothing;
    if (ledger.stateOf(commit) !== "refused") {
      noteAccepted(job, release, verdict, watch.durations);
      ledger.refused(release, [], "Envoys refused the same config before; force tries it again");
      job.found ??= { result: "refused", commit: commit.oid };
    }
    return undefined;
  }
  if (!isServed && ledger.stateOf(commit) !== "accepted") {
    noteAccepted(job, release, verdict, watch.durations);
  }
  const choice = await askJudge(job, release);
  if (choice?.kind !== "release" || isServed || isOrdered) return choice;
  const hold = await holdOf(job, release, isForced);
  if (hold === undefined) return choice;
  holdBack(job, release, hold);
  return undefined;
}

/** Whether a commit was rejected for the same: with other secrets or keys, other things are wrong with it. */
function isRejectedFor(verdict: Verdict, record: CommitRecord | undefined): boolean {
  if (record?.state !== "rejected" || record.errorCount !== verdict.errorCount) return false;
  const [before, now] = [record, verdict].map(({ diagnostics, reason }) => {
    const error = diagnostics.find(({ severity }) => severity === "error");
    return JSON.stringify([error?.code, error?.message, error?.location, reason]);
  });
  return before === now;
}
