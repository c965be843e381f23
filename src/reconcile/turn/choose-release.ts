import { createBreather } from "../../lib/breather.js";
import { SourceError } from "../../source/source-error.js";
import type { Pin } from "../orders/orders.js";
import { wholeOf } from "../releases/release.js";
import { nothing, type Choice } from "./choice.js";
import { considerCommit } from "./consider-commit.js";
import type { Job } from "./desk.js";
import { refresh } from "./refresh.js";

/** After so many refusals in a row, commits that came before those are not tried: a newer one must come. */
const maxRefusedInRow = 3;

/**
 * The commit that a person has pinned; else the newest good one that nothing holds, down to the last one
 * that Envoys have proven. Where there is none, what is served; in each case with the secrets of now.
 */
export async function chooseRelease(job: Job): Promise<Choice> {
  const { desk, request, signal } = job;
  const { proven, serving } = desk.rollout;
  const { pin } = desk.orders;
  if (request.force) desk.refusedInRow = 0;
  if (pin === undefined) desk.problems.set("pin", undefined);
  else {
    const choice = await choosePinned(job, pin);
    if (choice !== undefined) return choice;
  }
  const breathe = createBreather(signal);
  for (const [index, commit] of desk.branch.chain.entries()) {
    const isForced = request.force && index === 0;
    if (proven !== undefined && commit.oid === proven.commit.oid && !isForced) {
      return refresh(job, proven);
    }
    const isOlder = index > 0 && commit.oid !== serving?.commit.oid;
    if (isOlder && desk.refusedInRow >= maxRefusedInRow) continue;
    const choice = await considerCommit(job, commit, { isForced });
    if (choice !== undefined) return choice;
    await breathe();
  }
  return serving === undefined ? nothing : refresh(job, wholeOf(serving));
}

/**
 * The pinned commit; where Envoys have refused it, what they have. All newer ones are judged and wait.
 * Undefined: nothing is served, and it cannot be either.
 */
async function choosePinned(job: Job, { commit }: Pin): Promise<Choice | undefined> {
  const { desk, request } = job;
  const { serving } = desk.rollout;
  if (commit.oid === serving?.commit.oid && !request.force) {
    desk.problems.set("pin", undefined);
    await holdNewer(job, commit.oid);
    return refresh(job, wholeOf(serving));
  }
  const options = { isForced: request.force, isOrdered: true };
  let choice: Choice | undefined;
  try {
    choice = await considerCommit(job, commit, options);
  } catch (cause) {
    // The mirror was lost, and the remote does not have it: an outage is worse than another commit.
    if (!(cause instanceof SourceError) || serving !== undefined || job.signal.aborted) throw cause;
    const name = commit.oid.slice(0, 8);
    desk.problems.set("pin", `commit ${name} is pinned and cannot be read: ${cause.message}`);
    return undefined;
  }
  // Whoever pins is in a hurry: what is newer is looked at when Envoys have it.
  if (choice?.kind === "release") {
    desk.problems.set("pin", undefined);
    return choice;
  }
  const isThere = choice !== undefined || desk.rollout.serving?.commit.oid === commit.oid;
  const { state, reason = "" } = desk.history.get(commit.oid) ?? {};
  const name = commit.oid.slice(0, 8);
  const problem = `commit ${name} is pinned and cannot be served, for it is ${state}: ${reason}`;
  desk.problems.set("pin", isThere ? undefined : problem);
  await holdNewer(job, commit.oid);
  if (choice !== undefined) return choice;
  return serving === undefined ? undefined : refresh(job, wholeOf(serving));
}

/** Judges what came after the pinned commit. What is before Envoys still is left until they have that. */
async function holdNewer(job: Job, pinned: string): Promise<void> {
  const { branch, ledger, rollout } = job.desk;
  const breathe = createBreather(job.signal);
  for (const commit of branch.chain) {
    if (commit.oid === pinned) return;
    if (commit.oid === rollout.serving?.commit.oid || ledger.stateOf(commit) === "live") continue;
    await breathe();
    await considerCommit(job, commit);
  }
}
