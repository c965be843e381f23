import type { CommitSummary, OrderView, StatusResponse } from "../../admin/api-types.js";
import type { Style } from "../io.js";
import { agoOf } from "../table.js";

/** What a line is about, if it is not about the same as the last, and what it says. */
type Line = readonly [string, string];

/** The status of a control plane, for people. */
export function formatStatus(status: StatusResponse, style: Style, nowMs: number): string {
  const color = { ok: style.green, degraded: style.yellow, starting: style.cyan }[status.health];
  const { source, serving, head, envoys } = status;
  const lines: Line[] = [
    ["health", color(status.health)],
    ...status.problems.map((problem) => ["", problem] as const),
    ["repository", `${source.repository} ${source.ref}${source.path && ` ${source.path}`}`],
  ];
  if (source.error) {
    const { since, attempts, message } = source.error;
    lines.push(["", `failing for ${agoOf(since, nowMs)} (${attempts} attempts): ${message}`]);
  }
  lines.push(...orderLines(status, style, nowMs));
  lines.push(["serving", serving ? commitLine(serving.commit, nowMs) : "nothing yet"]);
  if (serving?.restored)
    lines.push(["", "from the state on disk; the remote was not reached since"]);
  for (const [role, kinds] of Object.entries(serving?.roles ?? {})) {
    const counts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
    lines.push(["", `role ${role}: ${counts.join(", ")}`]);
  }
  lines.push(...heldLines(status, style, nowMs));
  const isHeld = status.held.some(({ oid }) => oid === head?.oid);
  if (head && head.oid !== serving?.commit.oid && !isHeld) {
    lines.push(["newest", `${commitLine(head, nowMs)}: ${style.red(head.state)}${faults(head)}`]);
    if (head.reason) lines.push(["", head.reason]);
  }
  lines.push([
    "envoys",
    `${envoys.connected} connected, ${envoys.current} current` +
      (envoys.nacking > 0 ? style.red(`, ${envoys.nacking} refusing`) : ""),
  ]);
  lines.push(["version", status.version]);
  return lines.map(([name, text]) => `${name.padEnd(12)}${text}\n`).join("");
}

/** Commits named of those that wait. */
const maxHeld = 5;

/** Good commits that have to wait, and what they wait for; what holds several is said once. */
function heldLines({ held }: StatusResponse, style: Style, nowMs: number): readonly Line[] {
  const lines = held.slice(0, maxHeld).flatMap((commit, index): readonly Line[] => {
    const line = `${commitLine(commit, nowMs)}: ${style.yellow(commit.hold?.kind ?? "")}`;
    const isTold = commit.reason === null || commit.reason === held[index - 1]?.reason;
    return [["held", line], ...(isTold ? [] : [["", commit.reason] as const])];
  });
  const more = held.length - maxHeld;
  return more > 0 ? [...lines, ["", `and ${more} more; \`gloo history\` lists them`]] : lines;
}

/** What people have told the loop to keep to. */
function orderLines(
  { orders: { pinned, suspended } }: StatusResponse,
  style: Style,
  nowMs: number,
): readonly Line[] {
  const since = ({ since: at, by, reason }: OrderView): string =>
    `${agoOf(at, nowMs)} ago by ${by}${reason === null ? "" : `: ${reason}`}`;
  return [
    ...(pinned === null
      ? []
      : [
          [
            "pinned",
            `${style.yellow(pinned.commit.slice(0, 8))}, ${since(pinned)}; \`gloo unpin\` ends it`,
          ] as const,
        ]),
    ...(suspended === null
      ? []
      : [["suspended", `${since(suspended)}; \`gloo resume\` ends it`] as const]),
  ];
}

function commitLine(commit: CommitSummary, nowMs: number): string {
  const { oid, subject, author, since } = commit;
  return `${oid.slice(0, 8)} "${subject}" by ${author}, ${agoOf(since, nowMs)} ago`;
}

function faults({ errors, warnings }: CommitSummary): string {
  const counts = [countOf(errors, "error"), countOf(warnings, "warning")].filter(
    (text) => text !== "",
  );
  return counts.length === 0 ? "" : ` (${counts.join(", ")})`;
}

function countOf(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
