import { diagnostic } from "../../src/diagnostics/diagnostic.js";
import type { CommitRecord, CommitState } from "../../src/reconcile/commits/commit-record.js";

const ada = { name: "Ada", email: "ada@example.com", timestampS: 1_700_000_000 };

/** The record of a commit, as the history makes it. `number` says which commit. */
export function madeRecord(
  state: CommitState,
  number = 1,
  more: Partial<CommitRecord> = {},
): CommitRecord {
  const oid = String(number).padStart(40, "0");
  const isWrong = state === "rejected";
  const location = { file: "virtualservices/x.yaml", line: 5, column: 15 };
  const found = diagnostic("secret/not-found", { ref: "pets" }, { location });
  return {
    commit: {
      oid,
      treeOid: oid,
      author: ada,
      committer: ada,
      message: `change <${number}>\n\nwhy`,
    },
    state,
    sinceMs: 1_700_000_000_000 + number,
    seenAtMs: 1_700_000_000_000,
    diagnostics: isWrong ? [found] : [],
    errorCount: isWrong ? 2 : 0,
    warningCount: 0,
    refusals: [],
    durations: {},
    ...more,
  };
}
