import type { History } from "./commits/history.js";
import type { Ledger } from "./commits/ledger.js";
import type { Problems } from "./problems.js";
import { refusalKeys, type Release } from "./releases/release.js";
import type { Acknowledgements } from "./rollout/acknowledgements.js";
import type { RolloutEvents } from "./rollout/rollout-events.js";
import type { Desk } from "./turn/desk.js";

/** What is done about what Envoys make of releases. */
export interface FollowOptions {
  readonly acknowledgements: Acknowledgements;
  readonly history: History;
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly desk: () => Desk;
  /** Another commit may be the one for Envoys. */
  readonly wake: (reason: "veto" | "order") => void;
  /** Envoys refused a commit. */
  readonly report: (commit: string) => void;
}

/** Notes in the history what becomes of releases. */
export function followRollout(options: FollowOptions): RolloutEvents {
  const { acknowledgements, history, ledger, problems, desk, wake, report } = options;
  const noteTakers = ({ commit }: Release): void => {
    ledger.acknowledged(commit, acknowledgements.of(commit.oid));
  };
  /** What is live with other secrets, or made again by another version, is no other commit. */
  const isNewForm = ({ commit }: Release): boolean => {
    const { proven, beneath } = desk().rollout;
    return [proven, ...beneath].some((release) => release?.commit.oid === commit.oid);
  };

  return {
    onPublishing(release) {
      problems.set("refresh", undefined);
      if (ledger.stateOf(release.commit) !== "live") ledger.publishing(release);
    },
    onLive(release, reason) {
      ledger.live(release, reason);
      noteTakers(release);
      // What waits is measured against what is served, which is another thing from here on.
      const isAnythingHeld = history.list().some(({ hold }) => hold !== undefined);
      if (isAnythingHeld || desk().orders.pin !== undefined) wake("order");
    },
    onProven(release, durations) {
      ledger.took(release, durations);
      noteTakers(release);
      const { branch } = desk();
      desk().refusedInRow = 0;
      branch.settle(release.commit.oid);
      problems.set("refused", undefined);
    },
    onRefused(release, refusals) {
      const [first] = refusals;
      const who = first?.nodeId ? `Envoy "${first.nodeId}"` : "Envoys";
      const why = `${who} refused it: ${first?.message ?? ""}`;
      history.refuse(refusalKeys(release));
      desk().refusedInRow++;
      if (isNewForm(release)) {
        const name = release.commit.oid.slice(0, 8);
        problems.set(
          "refused",
          `commit ${name} stays as it was; made again with what it refers to now, ${why}`,
        );
      } else {
        ledger.refused(release, refusals, why);
        noteTakers(release);
      }
      report(release.commit.oid);
    },
    onWentBack(release) {
      ledger.live(release, undefined);
      wake("veto");
    },
    onNothingBefore() {
      problems.set("refused", "Envoys refuse what they are served, and nothing came before it");
      wake("veto");
    },
    onRefusal(release, refusal) {
      if (!isNewForm(release)) ledger.refusal(release, refusal);
    },
    onRefusalVoid(release) {
      history.pardon(refusalKeys(release));
      wake("veto");
    },
    onSuperseded({ commit }) {
      ledger.superseded(commit, "a newer commit took its place before all Envoys had answered");
    },
  };
}
