import { createBreather } from "../lib/breather.js";
import { SourceError } from "../source/source-error.js";
import type { CommitInfo } from "../source/source-tree.js";
import type { DistrustedCommit } from "./check-commits.js";
import type { Job, Judge } from "./desk.js";
import { isReleaseOf, refusalKeys, type Release } from "./release.js";
import { createStopwatch, type Stopwatch } from "./stopwatch.js";
import { releaseOf, type Verdict } from "./verdicts.js";

/** What is to be before Envoys. */
export type Choice =
  /** What is. */
  | { readonly kind: "nothing" }
  /** This. `again`: also if it is there already. */
  | { readonly kind: "release"; readonly release: Release; readonly again: boolean }
  /** Something else, which cannot be at the moment. */
  | { readonly kind: "held"; readonly commit: string; readonly code: string; readonly why: string };

const nothing: Choice = { kind: "nothing" };

/** After so many refusals in a row, commits that came before those are not tried: a newer one must come. */
const maxRefusedInRow = 3;
/** How many of the judge's verdicts are remembered. */
const maxJudged = 100;
/** How the judge is called among those who refuse. */
const judgeName = "envoy --mode validate";

/**
 * The newest good commit, down to the last one that Envoys have proven. Where there is none, what is
 * served; in both cases with the secrets of now.
 */
export async function chooseRelease(job: Job): Promise<Choice> {
  const { desk, request, signal } = job;
  const { proven, serving } = desk.rollout;
  const breathe = createBreather(signal);
  if (request.force) desk.refusedInRow = 0;
  for (const [index, commit] of desk.branch.chain.entries()) {
    const isForced = request.force && index === 0;
    if (proven !== undefined && commit.oid === proven.commit.oid && !isForced) {
      return refresh(job, proven);
    }
    const isOlder = index > 0 && commit.oid !== serving?.commit.oid;
    if (isOlder && desk.refusedInRow >= maxRefusedInRow) continue;
    const choice = await considerCommit(job, commit, isForced);
    if (choice !== undefined) return choice;
    await breathe();
  }
  return serving === undefined ? nothing : refresh(job, serving.whole ?? serving);
}

/** What a commit that has not proven itself calls for; undefined: it is no good, look further. */
async function considerCommit(
  job: Job,
  commit: CommitInfo,
  isForced: boolean,
): Promise<Choice | undefined> {
  const { desk, inputs } = job;
  const { serving, proven, beneath } = desk.rollout;
  const { history, ledger } = desk;
  const isServed = commit.oid === serving?.commit.oid || commit.oid === proven?.commit.oid;
  const { distrusted, failure } = job.trust;
  if (failure !== undefined && !isServed) {
    return { kind: "held", commit: commit.oid, code: "reconcile/check-commits", why: failure };
  }
  const distrust = distrusted.get(commit.oid);
  if (distrust !== undefined) return rejectDistrusted(job, commit, distrust);
  if (isForced) desk.verdicts.forget(commit, inputs);
  const { verdict, watch } = await judgeCommit(job, commit);
  const reason = isForced ? verdict.reason : (verdict.reason ?? emptinessOf(job, verdict));
  if (verdict.made === undefined || reason !== undefined) {
    if (isServed) return keepAsItIs(job, commit, verdict);
    if (ledger.stateOf(commit) !== "rejected" || isForced) {
      ledger.rejected(commit, verdict, watch.durations, reason);
      job.found ??= { result: "rejected", commit: commit.oid };
    }
    return undefined;
  }
  if (isServed) desk.problems.set("refresh", undefined);
  const release = releaseOf(commit, verdict.made);
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
      ledger.accepted(release, verdict, watch.durations);
      ledger.refused(release, [], "Envoys refused the same config before; force tries it again");
      job.found ??= { result: "refused", commit: commit.oid };
    }
    return undefined;
  }
  if (!isServed && ledger.stateOf(commit) !== "accepted") {
    ledger.accepted(release, verdict, watch.durations);
  }
  return askJudge(job, release);
}

/** Notes that nobody may trust a commit. */
export function rejectDistrusted(
  job: Job,
  commit: CommitInfo,
  { code, reason }: DistrustedCommit,
): undefined {
  const record = job.desk.history.get(commit.oid);
  if (record?.state === "rejected" && record.code === code && record.reason === reason) return;
  job.desk.ledger.distrusted(commit, code, reason);
  job.found ??= { result: "rejected", commit: commit.oid };
}

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

/** Why a commit that would take everything away does not go live by itself. */
function emptinessOf({ desk }: Job, { made }: Verdict): string | undefined {
  const served = desk.rollout.serving;
  if (made === undefined || served === undefined || served.snapshot.roles.size === 0) {
    return undefined;
  }
  const { upstreams, virtualServices, roles, attributes } = made.build.config;
  const count = upstreams.size + virtualServices.size + roles.size + attributes.size;
  if (count > 0) return undefined;
  return "it holds no config at all, which looks like a mistake; force takes it all the same";
}

/** Says why what is served cannot be made again from what it refers to now, and leaves it alone. */
function keepAsItIs({ desk }: Job, commit: CommitInfo, verdict: Verdict): Choice {
  const error = verdict.diagnostics.find(({ severity }) => severity === "error");
  const why = verdict.reason ?? error?.message ?? "it has errors";
  const name = commit.oid.slice(0, 8);
  desk.problems.set(
    "refresh",
    `commit ${name} is served as it was, for with what is here now: ${why}`,
  );
  return nothing;
}

/** Asks the last judge before Envoys; undefined: it refuses. */
async function askJudge(job: Job, release: Release): Promise<Choice | undefined> {
  const { desk, signal, watch } = job;
  const { judge, judged, ledger, clock } = desk;
  const chosen: Choice = { kind: "release", release, again: true };
  const { id } = release.snapshot;
  if (judge === undefined || judged.has(id)) return chosen;
  let complaints: Awaited<ReturnType<Judge>>;
  try {
    complaints = await watch.time("judge", () => judge(release.snapshot, signal));
  } catch (cause) {
    if (signal.aborted) throw cause;
    // Whoever wants a judge does not want to go without.
    const why = cause instanceof Error ? cause.message : String(cause);
    return { kind: "held", commit: release.commit.oid, code: "reconcile/judge", why };
  }
  if (complaints.length > 0) {
    const atMs = clock.now();
    const refusals = complaints.map((one) => ({ nodeId: judgeName, typeUrl: "", ...one, atMs }));
    ledger.refused(release, refusals, `Envoy refuses it: ${complaints[0]?.message ?? ""}`);
    job.found ??= { result: "refused", commit: release.commit.oid };
    return undefined;
  }
  judged.add(id);
  for (const oldest of judged) {
    if (judged.size <= maxJudged) break;
    judged.delete(oldest);
  }
  return chosen;
}

/** A release as it is; made again if its secrets have changed, or if it came from disk. */
async function refresh(job: Job, wanted: Release): Promise<Choice> {
  const { desk, inputs, signal, watch, request } = job;
  const { commit, made } = wanted;
  if (made?.fingerprint === inputs.fingerprint) {
    desk.problems.set("refresh", undefined);
    return { kind: "release", release: wanted, again: false };
  }
  // Right after a restart Envoys come for what they had: nothing may keep the process busy then.
  const isOffline = job.failure !== undefined;
  if (made === undefined && isOffline && request.reason === "start") return nothing;
  let verdict: Verdict;
  try {
    verdict = await desk.verdicts.of(commit, inputs, watch, signal, made?.tree);
  } catch (cause) {
    // Without the remote, only what the mirror holds can be made again.
    if (cause instanceof SourceError && isOffline) return nothing;
    throw cause;
  }
  if (verdict.made === undefined) return keepAsItIs(job, commit, verdict);
  const release = releaseOf(commit, verdict.made);
  const isNews = release.snapshot.id !== wanted.snapshot.id;
  if (isNews && desk.history.isRefused(refusalKeys(release))) return nothing;
  desk.problems.set("refresh", undefined);
  return { kind: "release", release, again: false };
}
