import { SourceError } from "../../source/source-error.js";
import type { TurnReport } from "../reconciler.js";
import type { Choice } from "./choice.js";
import { chooseRelease } from "./choose-release.js";
import type { Desk, Job, TurnRequest } from "./desk.js";
import { judgeTheRest } from "./judge-the-rest.js";
import { publishChoice, type Outcome } from "./publish-choice.js";
import { createStopwatch } from "./stopwatch.js";
import { noDistrust, trustOf } from "./trust.js";

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
