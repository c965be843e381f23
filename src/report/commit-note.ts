import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { typeUrls } from "../envoy/type-urls.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { CommitRecord, Refusal } from "../reconcile/commits/commit-record.js";

/** Who writes notes. */
export interface NoteWriter {
  /** What the control plane is called among others: its notes are told from theirs by it. */
  readonly context: string;
  /** Of the control plane. */
  readonly version: string;
}

/** Where a commit stands, as far as notes say it. */
type NotedState = "live" | "rejected" | "refused" | "held";

const maxDiagnostics = 20;
const maxRefusals = 5;
const maxMessage = 300;

/** Where a commit came to, and when; undefined: nowhere that is noted. */
function standingOf(
  record: CommitRecord,
): { readonly state: NotedState; readonly atMs: number } | undefined {
  const { state, sinceMs, liveAtMs, hold } = record;
  switch (state) {
    case "rejected":
    case "refused":
      return { state, atMs: sinceMs };
    case "live":
      return { state, atMs: liveAtMs ?? sinceMs };
    case "superseded":
      // That it was live once stays true.
      return liveAtMs === undefined ? undefined : { state: "live", atMs: liveAtMs };
    case "accepted":
      return hold === undefined ? undefined : { state: "held", atMs: sinceMs };
    case "seen":
    case "validating":
    case "publishing":
      return undefined;
  }
}

/**
 * The same for as long as a note on it says what is worth saying. Of a commit that is live that is also which
 * roles have taken it, and that all Envoys have; how many just come and go is not.
 */
export function noteIdOf(record: CommitRecord): string | undefined {
  const standing = standingOf(record);
  if (standing === undefined) return undefined;
  const { state, atMs } = standing;
  return [state, atMs, ...detailsOf(state, record)].join("-");
}

function detailsOf(
  state: NotedState,
  { hold, acknowledgements, durations }: CommitRecord,
): readonly string[] {
  if (state === "held" && hold !== undefined) return [hold.kind];
  if (state !== "live") return [];
  const roles = Object.keys(acknowledgements ?? {}).sort();
  return durations.allAcks === undefined ? roles : [...roles, "all"];
}

/** What is noted of a commit, on one line of printable ASCII; undefined: nothing. */
export function noteLineOn(
  record: CommitRecord,
  { context, version }: NoteWriter,
): string | undefined {
  const standing = standingOf(record);
  if (standing === undefined) return undefined;
  const { snapshotId, code, hold, errorCount, warningCount } = record;
  const refusals = standing.state === "refused" ? record.refusals.slice(0, maxRefusals) : [];
  const diagnostics = record.diagnostics.slice(0, maxDiagnostics).map(diagnosticText);
  const note: JsonObject = {
    context,
    state: standing.state,
    at: new Date(standing.atMs).toISOString(),
    ...(snapshotId === undefined ? {} : { snapshot: snapshotId }),
    ...(standing.state === "held" && hold !== undefined ? { hold: holdOf(hold) } : {}),
    ...(code === undefined ? {} : { code }),
    ...(refusals.length === 0 ? {} : { refusals: refusals.map(refusalOf) }),
    ...acknowledgedOf(record),
    errors: errorCount,
    warnings: warningCount,
    ...(diagnostics.length === 0 ? {} : { diagnostics }),
    gloo: version,
  };
  return JSON.stringify(note).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Code and place: what is wrong there can be looked up, and may name what a note for ever should not. */
function diagnosticText({ severity, code, location }: Diagnostic): string {
  const place =
    location === undefined ? "" : ` ${location.file}:${location.line}:${location.column}`;
  return `${severity} ${code}${place}`;
}

function holdOf({ kind, why, untilMs }: NonNullable<CommitRecord["hold"]>): JsonObject {
  const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() };
  return { kind, why, ...until };
}

function refusalOf({ nodeId, role, typeUrl, message }: Refusal): JsonObject {
  const said = typeUrl === typeUrls.secret ? {} : { message: message.slice(0, maxMessage) };
  return { node: nodeId, role, type: typeUrl.split(".").at(-1) ?? "", ...said };
}

/** Envoys that took it, by role. */
function acknowledgedOf({ acknowledgements }: CommitRecord): JsonObject {
  const counts = Object.entries(acknowledgements ?? {}).map(([role, { count }]) => [role, count]);
  return counts.length === 0 ? {} : { acknowledged: Object.fromEntries(counts) as JsonObject };
}

/**
 * A note with one line of this control plane, in the place of its earlier one. All else that it says stays as
 * it is: lines of other control planes, and what people wrote.
 */
export function mergeNoteLine(before: string, line: string, context: string): string {
  const lines = before === "" ? [] : before.replace(/\n+$/, "").split("\n");
  const isOwn = lines.map((text) => contextOf(text) === context);
  const first = isOwn.indexOf(true);
  const kept = lines.flatMap((text, at) => {
    if (at === first) return line;
    return isOwn[at] === true ? [] : text;
  });
  return `${[...kept, ...(first < 0 ? [line] : [])].join("\n")}\n`;
}

function contextOf(line: string): JsonValue | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(line) as JsonValue;
    return isJsonObject(value) ? value["context"] : undefined;
  } catch {
    return undefined; // it only looks like one of ours
  }
}
