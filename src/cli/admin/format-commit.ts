import type { ChangesView, CommitDetail } from "../../admin/api-types.js";
import { formatDiagnosticsText } from "../../diagnostics/format-text.js";
import type { Style } from "../io.js";
import { agoOf } from "../table.js";
import { colorOfState } from "./color-of-state.js";
import { msOf } from "./durations.js";

type Line = readonly [string, string];

/** All that is known of a commit, for people. */
export function formatCommit(commit: CommitDetail, style: Style, nowMs: number): string {
  const { oid, subject, author, state, hold, since, reason, parent } = commit;
  const what = hold === null ? state : `held (${hold.kind})`;
  const lines: readonly Line[] = [
    ["commit", oid],
    ["parent", parent ?? "none that is known"],
    ["subject", subject],
    ["author", `${author}, ${commit.committedAt}`],
    ["state", `${colorOfState(commit, style)(what)} for ${agoOf(since, nowMs)}`],
    ...(reason === null ? [] : [["", reason] as const]),
    ...timeLines(commit),
    ...changeLines(commit.changes),
    ...durationLines(commit),
    ...answerLines(commit, style),
    ["diagnostics", `${commit.errors} errors, ${commit.warnings} warnings`],
  ];
  const head = lines.map(([name, text]) => `${name.padEnd(13)}${text}\n`).join("");
  const { diagnostics, errors, warnings } = commit;
  if (diagnostics.length === 0) return head;
  const more = errors + warnings - diagnostics.length;
  return `${head}\n${formatDiagnosticsText(diagnostics)}${more > 0 ? `and ${more} more\n` : ""}`;
}

function timeLines({ seenAt, publishedAt, liveAt }: CommitDetail): readonly Line[] {
  return [
    ["seen", seenAt],
    ...(publishedAt === null ? [] : [["published", publishedAt] as const]),
    ...(liveAt === null ? [] : [["live", liveAt] as const]),
  ];
}

function changeLines(changes: ChangesView | null): readonly Line[] {
  if (changes === null) return [];
  const { since, objects, resources } = changes;
  const counts = [...Object.entries(objects ?? {}), ...Object.entries(resources)].map(
    ([kind, { added, changed, removed }]): Line => [
      "",
      `${kind}: ${added} added, ${changed} changed, ${removed} removed`,
    ],
  );
  const compared = since === null ? "" : `against ${since.slice(0, 8)}`;
  return [["changes", counts.length === 0 ? `nothing ${compared}`.trim() : compared], ...counts];
}

function durationLines({ durations }: CommitDetail): readonly Line[] {
  const parts = Object.entries(durations).map(([stage, ms]) => `${stage} ${msOf(ms)}`);
  return parts.length === 0 ? [] : [["took", parts.join(", ")]];
}

/** Who took it, and who refused it, by role. */
function answerLines({ acknowledgements, refusals }: CommitDetail, style: Style): readonly Line[] {
  const taken = Object.entries(acknowledgements).map(([role, { count, nodes }]): Line => {
    const more = count - nodes.length;
    return ["acked", `${roleOf(role)}: ${nodes.join(", ")}${more > 0 ? ` and ${more} more` : ""}`];
  });
  const refused = refusals.map(({ role, nodeId, kind, message }): Line => {
    const about = kind === "" ? "" : ` ${kind}`;
    return ["nacked", style.red(`${roleOf(role)}: ${nodeId} refuses${about}: ${message}`)];
  });
  return [...taken, ...refused];
}

function roleOf(role: string): string {
  return role === "" ? "(no role)" : role;
}
