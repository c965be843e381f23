import { formatDiagnosticsText } from "../diagnostics/format-text.js";
import type { CommitRecord, CommitState } from "../reconcile/commits/commit-record.js";

/** What has become of a commit, as it is told elsewhere. */
export interface Report {
  readonly record: CommitRecord;
  /** The same for every attempt to deliver it, and for no other report. */
  readonly id: string;
  /** How it stands, in one word for hosts of Git. */
  readonly outcome: "pending" | "success" | "failure";
  /** How it stands, in at most 140 characters. */
  readonly description: string;
}

/** Envoys that are connected, and those of them that have all they were sent. */
export interface FleetCount {
  readonly connected: number;
  readonly current: number;
}

/** What GitHub and others take of a description. */
const maxDescription = 140;

/** The report on a commit as it stands. */
export function reportOn(record: CommitRecord, fleet: FleetCount): Report {
  const { commit, state, sinceMs } = record;
  return {
    record,
    id: `${commit.oid}-${state}-${sinceMs}`,
    outcome: outcomeOf(record),
    description: cut(descriptionOf(record, fleet)),
  };
}

function outcomeOf({ state, errorCount }: CommitRecord): Report["outcome"] {
  switch (state) {
    case "seen":
    case "validating":
    case "accepted":
    case "publishing":
      return "pending";
    case "live":
      return "success";
    case "superseded":
      return errorCount > 0 ? "failure" : "success";
    case "rejected":
    case "refused":
      return "failure";
  }
}

function descriptionOf(record: CommitRecord, { connected, current }: FleetCount): string {
  const { state, reason, errorCount } = record;
  switch (state) {
    case "seen":
    case "validating":
      return "is being checked";
    case "accepted":
      return reason === undefined ? "accepted" : `accepted, and held back: ${reason}`;
    case "publishing":
      return `sent to ${countOf(connected, "Envoy")}`;
    case "live":
      return connected === 0
        ? "live; no Envoy is connected"
        : `live on ${Math.min(current, connected)} of ${countOf(connected, "Envoy")}`;
    case "superseded":
      return record.liveAtMs === undefined
        ? "a newer commit went live instead"
        : "was live until a newer commit took its place";
    case "rejected": {
      const first = firstErrorOf(record);
      if (first === undefined) return `rejected: ${reason ?? "it has errors"}`;
      return `rejected: ${countOf(errorCount, "error")}: ${first}`;
    }
    case "refused":
      return `refused: ${reason ?? record.refusals[0]?.message ?? "by Envoy"}`;
  }
}

/** The first error in the words of `gloo check`, without what to do about it. */
function firstErrorOf({ diagnostics }: CommitRecord): string | undefined {
  const first = diagnostics.find(({ severity }) => severity === "error");
  return first === undefined ? undefined : formatDiagnosticsText([first]).split("\n")[0];
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  const characters = [...line];
  return characters.length <= maxDescription
    ? line
    : `${characters.slice(0, maxDescription - 1).join("")}…`;
}

/** States that are told to hosts of Git. That a commit was seen is not worth a request. */
export const statusStates: ReadonlySet<CommitState> = new Set([
  "validating",
  "accepted",
  "publishing",
  "live",
  "rejected",
  "refused",
  "superseded",
]);
