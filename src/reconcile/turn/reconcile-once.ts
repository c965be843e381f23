import { createBreather } from "../../lib/breather.js";
import { noDistrust, trustOf } from "./check-commits.js";
import { SourceError } from "../../source/source-error.js";
import { chooseRelease } from "./choose-release.js";
import type { Choice } from "./choice.js";
import { judgeCommit, noteAccepted, rejectDistrusted } from "./consider-commit.js";
import type { Desk, Job, TurnRequest } from "./desk.js";
import type { TurnReport } from "../reconciler.js";
import { isReleaseOf } from "../releases/release.js";
import { createStopwatch } from "./stopwatch.js";
import { releaseOf } from "./verdicts.js";

/** A turn that came to its end, and whether it is to be tried again soon. */
export interface Turn {
  readonly report: TurnReport;
  readonly retries: boolean;
  /** The remote asks not to be bothered for this many milliseconds. */
  readonly retryAfterMs?: number;
}

/** One turn of the loop. Either a whole commit goes before Envoys, or what they have stays. */
export async function reconcileOnce(
  desk: Desk,
  request: TurnRequest,
  signal: AbortSignal,
): Promise<Turn> {
  const job = startJob(desk, request, signal);
  if (request.looks) await toleratingSource(job, () => lookAtRemote(job));
  let choice: Choice = { kind: "nothing" };
  await toleratingSource(job, async () => {
    job.trust = await trustOf(desk, signal);
    choice = await chooseRelease(job);
  });
  const outcome = await publishChoice(job, choice);
  await toleratingSource(job, () => judgeTheRest(job));
  if (request.looks && job.failure === undefined) desk.source.ok();
  return turnOf(job, outcome);
}

function startJob(desk: Desk, request: TurnRequest, signal: AbortSignal): Job {
  return {
    desk,
    request,
    signal,
    inputs: desk.inputs(),
    watch: createStopwatch(desk.clock),
    atMs: desk.clock.now(),
    trust: noDistrust,
    judged: 0,
    found: undefined,
    failure: undefined,
  };
}

/** What the remote does must not keep what is here from being done. */
async function toleratingSource(job: Job, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof SourceError) || job.signal.aborted) throw cause;
    job.desk.source.failed(cause);
    job.failure = cause;
  }
}

async function lookAtRemote({ desk, watch, signal }: Job): Promise<void> {
  const fresh = await desk.branch.look(watch, signal);
  desk.ledger.see(fresh);
  if (fresh.length > 0) desk.refusedInRow = 0;
  dropLost(desk);
}

/** Commits that wait and are not on the branch any more wait for nothing. */
function dropLost({ branch, history, ledger }: Desk): void {
  const there = new Set(branch.chain.map(({ oid }) => oid));
  for (const { commit, hold } of history.list()) {
    if (hold === undefined || there.has(commit.oid)) continue;
    ledger.superseded(commit, "it is not on the branch any more");
  }
}

/** What came of a choice. */
interface Outcome {
  readonly result: "unchanged" | "published" | "held";
  readonly commit?: string;
  readonly error?: TurnReport["error"];
}

async function publishChoice(job: Job, choice: Choice): Promise<Outcome> {
  const { desk, request, watch } = job;
  const { rollout, ledger } = desk;
  if (choice.kind === "nothing") return { result: "unchanged" };
  if (choice.kind === "held") {
    const { commit, code, why } = choice;
    return { result: "held", commit, error: { code, message: why } };
  }
  const { release, again } = choice;
  const { serving } = rollout;
  if (serving !== undefined && isReleaseOf(serving, release) && !again) {
    // What came from disk is from here on what was made again, and shares its memory.
    if (serving.made !== release.made && !serving.isCanary) {
      await rollout.reshape((known) => (isReleaseOf(known, release) ? release : known));
    }
    return { result: "unchanged" };
  }
  const { oid } = release.commit;
  const offered = await rollout.offer(release, { evenUnsaved: request.force });
  watch.add(offered.durations);
  if (offered.isPublished) {
    ledger.took(release, watch.durations);
    return { result: "published", commit: oid };
  }
  const message = offered.error instanceof Error ? offered.error.message : String(offered.error);
  if (ledger.stateOf(release.commit) === "accepted") {
    ledger.held(release, `it goes live when it can be saved: ${message}`);
  }
  return { result: "held", commit: oid, error: { code: codeOf(offered.error), message } };
}

/** Gives a verdict on the commits that a newer one went before, and on those that nobody waits for. */
async function judgeTheRest(job: Job): Promise<void> {
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

function turnOf(job: Job, outcome: Outcome): Turn {
  const { request, atMs, watch, judged, found, failure } = job;
  const isFailed = failure !== undefined && outcome.result === "unchanged";
  const quiet = found?.result ?? "unchanged";
  const report: TurnReport = {
    result: isFailed ? "failed" : outcome.result === "unchanged" ? quiet : outcome.result,
    reason: request.reason,
    atMs,
    commit: outcome.commit ?? found?.commit,
    judged,
    durations: watch.durations,
    error: isFailed ? { code: failure.code, message: failure.message } : outcome.error,
  };
  const retries = failure !== undefined || outcome.result === "held";
  const retryAfterMs = failure?.retryAfterMs;
  return { report, retries, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "reconcile/held";
}
