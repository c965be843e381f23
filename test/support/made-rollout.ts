import type { ReleaseStore } from "../../src/reconcile/releases/release-store.js";
import type { Release } from "../../src/reconcile/releases/release.js";
import { createRollout } from "../../src/reconcile/rollout/create-rollout.js";
import type { Rollout } from "../../src/reconcile/rollout/rollout.js";
import type { VetoPolicy } from "../../src/reconcile/rollout/veto-policy.js";
import { snapshotIdOf } from "../../src/snapshot/snapshot-id.js";
import { createMadeFleet, type MadeFleet } from "./made-fleet.js";
import { madeSnapshot, type Contents } from "./made-snapshot.js";
import { createManualClock, type ManualClock } from "./manual-clock.js";

const who = { name: "Ada", email: "ada@example.com", timestampS: 1_700_000_000 };

/** A release whose clusters are called after it, for the roles `ingress` and `canary`. */
export function madeRelease(name: string, roles?: Readonly<Record<string, Contents>>): Release {
  const contents: Contents = { cluster: { [name]: name } };
  const snapshot = madeSnapshot(roles ?? { canary: contents, ingress: contents }, name);
  return {
    commit: { oid: name, treeOid: name, author: who, committer: who, message: name },
    snapshot: { ...snapshot, id: snapshotIdOf(snapshot) },
    made: undefined,
    isCanary: false,
  };
}

/** A rollout before a made fleet, with a disk and a clock that a test holds. */
export interface MadeRollout {
  readonly rollout: Rollout;
  readonly fleet: MadeFleet;
  readonly clock: ManualClock;
  /** Names of what was saved last, newest first. */
  disk: readonly string[];
  /** Why nothing can be written; undefined: it can. */
  diskError: Error | undefined;
  /** The next write waits for this. */
  beforeWrite: Promise<void> | undefined;
  /** What became of releases since this was last asked for, in words. */
  taken(): readonly string[];
}

/** Starts with nothing to serve. */
export function createMadeRollout(policy: VetoPolicy = { kind: "any" }): MadeRollout {
  const clock = createManualClock();
  const fleet = createMadeFleet();
  const events: string[] = [];
  const nameOf = ({ commit, isCanary }: Release): string =>
    isCanary ? `canary of ${commit.oid}` : commit.oid;
  const store: ReleaseStore = {
    async save(stack) {
      const hold = (made.beforeWrite ??= Promise.resolve());
      made.beforeWrite = undefined;
      await hold;
      if (made.diskError !== undefined) return made.diskError;
      made.disk = stack.map(nameOf);
      return undefined;
    },
    tidy: () => Promise.resolve(),
    isBehind: false,
  };
  const note =
    (what: string) =>
    ({ commit }: Release, detail?: unknown): void => {
      const more = typeof detail === "string" ? `: ${detail}` : "";
      events.push(`${commit.oid} ${what}${more}`);
    };
  const rollout = createRollout({
    server: fleet.server,
    store,
    clock,
    policy,
    ackTimeoutMs: 60_000,
    quietMs: 100,
    events: {
      onPublishing: note("publishing"),
      onLive: note("live"),
      onProven: note("proven"),
      onRefused: note("refused"),
      onWentBack: note("is back"),
      onNothingBefore: note("stays"),
      onRefusal: note("refused once more"),
      onRefusalVoid: note("not refused after all"),
      onSuperseded: note("superseded"),
    },
  });
  const made: MadeRollout = {
    rollout,
    fleet,
    clock,
    disk: [],
    diskError: undefined,
    beforeWrite: undefined,
    taken: () => events.splice(0),
  };
  return made;
}
