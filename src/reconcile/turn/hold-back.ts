import { dropOldest } from "../../lib/drop-oldest.js";
import type { Config } from "../../model/resource.js";
import { SourceError } from "../../source/source-error.js";
import type { CommitInfo } from "../../source/source-tree.js";
import { firstParents } from "../commits/first-parents.js";
import { sentenceOfHold, type Hold } from "../guards/hold.js";
import { iso } from "../guards/iso-time.js";
import type { Order, Orders } from "../orders/orders.js";
import { wholeOf, type Made, type Release } from "../releases/release.js";
import type { Desk, Job } from "./desk.js";

/** Commits of which it is known why they were held. Others are looked at in every turn. */
const maxHeld = 500;

/** Why a good commit that is not served may not be yet; undefined: it may. */
export async function holdOf(
  job: Job,
  release: Release & { readonly made: Made },
  isForced: boolean,
): Promise<Hold | undefined> {
  const { desk } = job;
  const { orders, rollout, history, clock } = desk;
  const { commit, snapshot } = release;
  // Nothing is worse than serving nothing.
  if (rollout.serving === undefined) return undefined;
  const served = wholeOf(rollout.serving);
  const order = holdByOrder(orders);
  if (order !== undefined) return order;
  const isFree = isForced || orders.approvalOf(commit.oid) !== undefined;
  if (isFree || snapshot.id === served.snapshot.id) return undefined;
  const servedConfig = await configOf(job, served);
  const candidate = {
    commit,
    release,
    served,
    servedConfig,
    isRewritten: isRewritten(desk, commit),
    isKnownGood: history
      .list()
      .some(
        ({ commit: known, state, liveAtMs }) =>
          known.treeOid === commit.treeOid && liveAtMs !== undefined && state !== "refused",
      ),
    nowMs: clock.now(),
  };
  for (const guard of desk.guards) {
    const hold = guard.holdOf(candidate);
    if (hold !== undefined) return hold;
  }
  return undefined;
}

/** Whether a commit waits for the same reason as when it was last looked at: then it need not be again. */
export function isHeldStill({ desk, inputs }: Job, { oid }: CommitInfo): boolean {
  const { hold } = desk.history.get(oid) ?? {};
  return (
    hold !== undefined &&
    (hold.untilMs === undefined || desk.clock.now() < hold.untilMs) &&
    desk.heldUnder.get(oid) === circumstancesOf(desk, inputs.fingerprint)
  );
}

/** Notes that a commit has to wait. */
export function holdBack(job: Job, release: Release, hold: Hold): void {
  const { desk, inputs } = job;
  const { oid } = release.commit;
  desk.heldUnder.delete(oid);
  desk.heldUnder.set(oid, circumstancesOf(desk, inputs.fingerprint));
  dropOldest(desk.heldUnder, maxHeld);
  const before = desk.history.get(oid)?.hold;
  if (before?.kind === hold.kind && before.why === hold.why && before.untilMs === hold.untilMs) {
    return;
  }
  desk.ledger.heldBack(release.commit, hold, sentenceOfHold(hold, oid));
  if (before?.kind !== hold.kind) job.found ??= { result: "held", commit: oid };
}

/** All that an answer of the guards depends on, but for the time. */
function circumstancesOf({ rollout, orders, branch }: Desk, fingerprint: string): string {
  const { commit, snapshot } = rollout.serving ?? {};
  const parts = [commit?.oid, snapshot?.id, orders.revision, branch.head, branch.isRewritten];
  return [...parts, fingerprint].join(" ");
}

/** What people have said about all commits goes before what guards say of one. */
function holdByOrder({ pin, suspension }: Orders): Hold | undefined {
  if (pin !== undefined) {
    return { kind: "pinned", why: `pinned to ${pin.commit.oid.slice(0, 8)} ${wordsOf(pin)}` };
  }
  if (suspension !== undefined)
    return { kind: "suspended", why: `suspended ${wordsOf(suspension)}` };
  return undefined;
}

/** Since when, by whom and why. */
export function wordsOf({ atMs, who, why }: Order): string {
  return `since ${iso(atMs)} by ${who}${why === undefined ? "" : ` because ${why}`}`;
}

/**
 * Whether a commit comes on a history that what is served is not in. One that a person has approved
 * stands for what is served.
 */
function isRewritten({ branch, orders, rollout, history }: Desk, commit: CommitInfo): boolean {
  const { serving, proven, beneath } = rollout;
  const passed = [...firstParents(history, commit)];
  const isFounded = passed.some(
    (oid) => oid === serving?.commit.oid || orders.approvalOf(oid) !== undefined,
  );
  if (isFounded) return false;
  // After a restart the remote was only asked about the commit at the end, which may be in both.
  const known = [proven, ...beneath].map((release) => release?.commit.oid);
  return branch.isRewritten || passed.some((oid) => known.includes(oid));
}

/** What is served was made of. What came from disk is read again, which it would be anyway. */
async function configOf(job: Job, served: Release): Promise<Config | undefined> {
  if (served.made !== undefined) return served.made.build.config;
  const { desk, inputs, watch, signal } = job;
  try {
    const verdict = await desk.verdicts.of(served.commit, inputs, watch, signal);
    return verdict.made?.build.config;
  } catch (cause) {
    // The mirror was lost, and the remote does not have the commit: Envoys' own resources must do.
    if (cause instanceof SourceError && !signal.aborted) return undefined;
    throw cause;
  }
}
