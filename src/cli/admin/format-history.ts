import type { ChangesView, CommitDetail } from "../../admin/api-types.js";
import type { Io } from "../io.js";
import { agoOf, formatTable } from "../table.js";
import { colorOfState } from "./color-of-state.js";
import { msOf, ownMs } from "./durations.js";

/** Commits as a table, newest first. */
export function formatHistory(
  commits: readonly CommitDetail[],
  { style, isTerminal }: Pick<Io, "style" | "isTerminal">,
  nowMs: number,
): string {
  if (commits.length === 0) return "no commit was judged yet\n";
  const rows = commits.map((commit) => {
    const { oid, state, hold, author, subject, committedAt, changes, durations, acknowledgements } =
      commit;
    const envoys = Object.values(acknowledgements).reduce((sum, { count }) => sum + count, 0);
    return [
      oid.slice(0, 8),
      colorOfState(commit, style)(hold === null ? state : `held (${hold.kind})`),
      agoOf(committedAt, nowMs),
      author,
      changesOf(changes),
      msOf(ownMs(durations)),
      envoys === 0 ? "" : `${envoys} in ${msOf(durations.allAcks)}`,
      shorten(subject),
    ];
  });
  const headings = ["COMMIT", "STATE", "AGE", "AUTHOR", "CHANGES", "TOOK", "ENVOYS", "SUBJECT"];
  return formatTable(headings, rows, isTerminal);
}

const maxSubject = 60;

function shorten(subject: string): string {
  return subject.length <= maxSubject ? subject : `${subject.slice(0, maxSubject - 1)}…`;
}

/** In short: objects that are new, changed and gone. */
function changesOf(changes: ChangesView | null): string {
  const { objects = null } = changes ?? {};
  if (objects === null) return "";
  const counts = Object.values(objects);
  const sum = (of: "added" | "changed" | "removed"): number =>
    counts.reduce((total, each) => total + each[of], 0);
  const parts = [
    ["+", sum("added")],
    ["~", sum("changed")],
    ["-", sum("removed")],
  ] as const;
  const shown = parts.filter(([, count]) => count > 0).map(([sign, count]) => `${sign}${count}`);
  return shown.length === 0 ? "none" : shown.join(" ");
}
