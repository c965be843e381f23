import type { TurnReport } from "../reconciler.js";
import { isReleaseOf } from "../releases/release.js";
import type { Choice } from "./choice.js";
import type { Job } from "./desk.js";

/** What came of a choice. */
export interface Outcome {
  readonly result: "unchanged" | "published" | "held";
  readonly commit?: string;
  readonly error?: TurnReport["error"];
}

/** Puts what was chosen before Envoys, if it is not there. */
export async function publishChoice(job: Job, choice: Choice): Promise<Outcome> {
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

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "reconcile/held";
}
