import { SourceError } from "../../source/source-error.js";
import type { CommitInfo } from "../../source/source-tree.js";
import { releaseOf } from "../releases/make-release.js";
import { refusalKeys, type Release } from "../releases/release.js";
import { nothing, type Choice } from "./choice.js";
import type { Job } from "./desk.js";
import type { Verdict } from "./verdicts.js";

/** A release as it is; made again if its secrets have changed, or if it came from disk. */
export async function refresh(job: Job, wanted: Release): Promise<Choice> {
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

/** Says why what is served cannot be made again from what it refers to now, and leaves it alone. */
export function keepAsItIs({ desk }: Job, commit: CommitInfo, verdict: Verdict): Choice {
  const error = verdict.diagnostics.find(({ severity }) => severity === "error");
  const why = verdict.reason ?? error?.message ?? "it has errors";
  const name = commit.oid.slice(0, 8);
  desk.problems.set(
    "refresh",
    `commit ${name} is served as it was, for with what is here now: ${why}`,
  );
  return nothing;
}
