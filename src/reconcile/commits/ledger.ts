import type { Clock } from "../../lib/clock.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { Hold } from "../guards/hold.js";
import { refusalKeys, type Release } from "../releases/release.js";
import type { CommitRecord, CommitState, Durations, Refusal } from "./commit-record.js";
import type { CommitChanges } from "./count-changes.js";
import type { History } from "./history.js";

/** What validation has found in a commit. */
export type Findings = Pick<CommitRecord, "diagnostics" | "errorCount" | "warningCount">;

/** Notes in the history what the loop decides: one function for each thing that can become of a commit. */
export interface Ledger {
  stateOf(commit: CommitInfo): CommitState | undefined;
  see(commits: readonly CommitInfo[]): void;
  validating(commit: CommitInfo): void;
  /** It could not be read: it is as if it had only been seen. */
  unjudged(commit: CommitInfo): void;
  rejected(commit: CommitInfo, findings: Findings, durations: Durations, reason?: string): void;
  /** Nobody may trust it: it was not judged. */
  distrusted(commit: CommitInfo, code: string, reason: string): void;
  accepted(
    release: Release,
    findings: Findings,
    durations: Durations,
    changes: CommitChanges,
  ): void;
  /** Good, and not to go live for a while. */
  heldBack(commit: CommitInfo, hold: Hold, reason: string): void;
  /** Accepted, but not to be published at the moment. */
  held(release: Release, reason: string): void;
  publishing(release: Release): void;
  /** A part of what it took has become known. */
  took(release: Release, durations: Durations): void;
  live(release: Release, reason: string | undefined): void;
  refused(release: Release, refusals: readonly Refusal[], reason: string): void;
  refusal(release: Release, refusal: Refusal): void;
  /** Who has taken it. A role of which more are known stays: after a restart they are counted anew. */
  acknowledged(commit: CommitInfo, by: NonNullable<CommitRecord["acknowledgements"]>): void;
  superseded(commit: CommitInfo, reason: string): void;
}

/** The ledger of a history. */
export function createLedger(history: History, clock: Pick<Clock, "now">): Ledger {
  const change = (oid: string, what: Parameters<History["change"]>[1]): void => {
    history.change(oid, what, clock.now());
  };
  const because = (reason: string | undefined): { readonly reason?: string } =>
    reason === undefined ? {} : { reason };
  const totalOf = (oid: string, durations: Durations): Durations => ({
    ...history.get(oid)?.durations,
    ...durations,
  });

  return {
    stateOf: ({ oid }) => history.get(oid)?.state,
    see(commits) {
      history.see(commits, clock.now());
    },
    validating({ oid }) {
      change(oid, { state: "validating" });
    },
    unjudged({ oid }) {
      change(oid, { state: "seen" });
    },
    rejected({ oid }, { diagnostics, errorCount, warningCount }, durations, reason) {
      const counts = { diagnostics, errorCount, warningCount };
      change(oid, { state: "rejected", ...counts, durations, ...because(reason) });
    },
    distrusted({ oid }, code, reason) {
      const counts = { diagnostics: [], errorCount: 0, warningCount: 0 };
      change(oid, { state: "rejected", ...counts, code, reason });
    },
    accepted({ commit, snapshot }, { diagnostics, errorCount, warningCount }, durations, changes) {
      const counts = { diagnostics, errorCount, warningCount };
      change(commit.oid, {
        state: "accepted",
        ...counts,
        refusals: [],
        snapshotId: snapshot.id,
        durations,
        changes,
      });
    },
    heldBack({ oid }, hold, reason) {
      change(oid, { state: "accepted", hold, reason });
    },
    held({ commit }, reason) {
      change(commit.oid, { state: "accepted", reason });
    },
    publishing({ commit, snapshot, whole }) {
      const snapshotId = (whole?.snapshot ?? snapshot).id;
      const publishedAtMs = history.get(commit.oid)?.publishedAtMs ?? clock.now();
      change(commit.oid, { state: "publishing", snapshotId, publishedAtMs });
    },
    took({ commit }, durations) {
      if (Object.keys(durations).length === 0) return;
      change(commit.oid, { durations: totalOf(commit.oid, durations) });
    },
    live({ commit, snapshot }, reason) {
      let isOlder = false;
      for (const record of history.list()) {
        if (record.commit.oid === commit.oid) isOlder = true;
        const isPassed = isOlder && record.state === "accepted";
        if (record.commit.oid === commit.oid || !(record.state === "live" || isPassed)) continue;
        change(record.commit.oid, {
          state: "superseded",
          reason: `${commit.oid.slice(0, 8)} went live`,
        });
      }
      const before = history.get(commit.oid);
      const liveAtMs = before?.state === "live" ? before.liveAtMs : undefined;
      change(commit.oid, {
        state: "live",
        liveAtMs: liveAtMs ?? clock.now(),
        snapshotId: snapshot.id,
        ...because(reason),
      });
    },
    refused(release, refusals, reason) {
      history.refuse(refusalKeys(release));
      change(release.commit.oid, { state: "refused", refusals, reason });
    },
    refusal({ commit }, refusal) {
      const { refusals = [] } = history.get(commit.oid) ?? {};
      if (refusals.length < maxRefusals) {
        change(commit.oid, { refusals: [...refusals, refusal] });
      }
    },
    acknowledged({ oid }, by) {
      const known = history.get(oid)?.acknowledgements ?? {};
      const grown = Object.entries(by).filter(
        ([role, { count }]) => count > (known[role]?.count ?? 0),
      );
      if (grown.length === 0) return;
      change(oid, { acknowledgements: { ...known, ...Object.fromEntries(grown) } });
    },
    superseded({ oid }, reason) {
      change(oid, { state: "superseded", reason });
    },
  };
}

const maxRefusals = 20;
