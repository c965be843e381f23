import type { CommitInfo } from "../../source/source-tree.js";
import type { DistrustedCommit } from "./check-commits.js";
import type { Job } from "./desk.js";

/** Notes that nobody may trust a commit. */
export function rejectDistrusted(
  job: Job,
  commit: CommitInfo,
  { code, reason }: DistrustedCommit,
): undefined {
  const record = job.desk.history.get(commit.oid);
  if (record?.state === "rejected" && record.code === code && record.reason === reason) return;
  job.desk.ledger.distrusted(commit, code, reason);
  job.found ??= { result: "rejected", commit: commit.oid };
}
