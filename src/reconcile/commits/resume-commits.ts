import type { Release } from "../releases/release.js";
import type { History } from "./history.js";
import type { Ledger } from "./ledger.js";

/** Brings the records of commits in line with the releases that were on disk, newest first. */
export function resumeCommits(
  ledger: Ledger,
  history: Pick<History, "list">,
  releases: readonly Release[],
): void {
  const [top] = releases;
  ledger.see(releases.map(({ commit }) => commit));
  // What was before Envoys when the process ended, and is not what was saved last.
  for (const { commit, state } of history.list()) {
    const isLost = state === "live" && releases.every((one) => one.commit.oid !== commit.oid);
    if (isLost || (state === "publishing" && commit.oid !== top?.commit.oid)) {
      ledger.unjudged(commit);
    }
  }
  // The history is written after the releases, and may have been lost.
  const bottom = releases.at(-1);
  if (bottom !== undefined && !bottom.isCanary && ledger.stateOf(bottom.commit) === "seen") {
    ledger.live(bottom, undefined);
  }
}
