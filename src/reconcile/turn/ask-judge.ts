import { dropOldest } from "../../lib/drop-oldest.js";
import type { Release } from "../releases/release.js";
import type { Choice } from "./choice.js";
import type { Job } from "./desk.js";
import type { Judge } from "./judge.js";

/** How many of the judge's verdicts are remembered. */
const maxJudged = 100;
/** How the judge is called among those who refuse. */
const judgeName = "envoy --mode validate";

/** Asks the last judge before Envoys; undefined: it refuses. */
export async function askJudge(job: Job, release: Release): Promise<Choice | undefined> {
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
  dropOldest(judged, maxJudged);
  return chosen;
}
