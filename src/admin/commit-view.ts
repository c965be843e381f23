import type { CommitRecord } from "../reconcile/commits/commit-record.js";
import type { CommitChanges } from "../reconcile/commits/count-changes.js";
import type { Hold } from "../reconcile/guards/hold.js";
import type { ChangesView, CommitDetail, CommitSummary, HoldView } from "./api-types.js";
import { kindOfType } from "./kind-of-type.js";
import { isoOf, isoOrNull } from "./time.js";

const maxSubjectLength = 200;

/** A commit as lists show it. */
export function commitSummary(record: CommitRecord): CommitSummary {
  const { commit } = record;
  return {
    oid: commit.oid,
    subject: (commit.message.split("\n", 1)[0] ?? "").slice(0, maxSubjectLength),
    author: commit.author.name.slice(0, maxSubjectLength),
    committedAt: isoOf(commit.committer.timestampS * 1000),
    state: record.state,
    since: isoOf(record.sinceMs),
    reason: record.reason ?? null,
    code: record.code ?? null,
    hold: record.hold === undefined ? null : holdView(record.hold),
    errors: record.errorCount,
    warnings: record.warningCount,
  };
}

/** All that is known of a commit. */
export function commitDetail(record: CommitRecord): CommitDetail {
  const { commit } = record;
  return {
    ...commitSummary(record),
    treeOid: commit.treeOid,
    parent: commit.parent ?? null,
    seenAt: isoOf(record.seenAtMs),
    publishedAt: isoOrNull(record.publishedAtMs),
    liveAt: isoOrNull(record.liveAtMs),
    snapshotId: record.snapshotId ?? null,
    diagnostics: record.diagnostics,
    refusals: record.refusals.map(({ nodeId, role, typeUrl, message, atMs }) => ({
      nodeId,
      role,
      kind: kindOfType(typeUrl),
      message,
      at: isoOf(atMs),
    })),
    acknowledgements: record.acknowledgements ?? {},
    changes: record.changes === undefined ? null : changesView(record.changes),
    durations: record.durations,
  };
}

function holdView({ kind, why, untilMs }: Hold): HoldView {
  return { kind, why, until: isoOrNull(untilMs) };
}

function changesView({ since, objects, resources }: CommitChanges): ChangesView {
  const byKind = Object.entries(resources).map(
    ([typeUrl, counts]) => [kindOfType(typeUrl), counts] as const,
  );
  return { since: since ?? null, objects: objects ?? null, resources: Object.fromEntries(byKind) };
}
