import type { JsonObject, JsonValue } from "../lib/json.js";
import type { CommitRecord } from "../reconcile/commits/commit-record.js";
import { createLine, type LineOptions, type ReportCounts } from "./line.js";
import type { Receiver } from "./receiver.js";

/** Tells others what becomes of commits. Nothing of it ever blocks or fails the loop. */
export interface Reporter {
  /** Takes note of a record that is new or has changed, and tells it soon. */
  note(record: CommitRecord): void;
  /** Tells what was not told before the process ended. `records`: newest first. */
  resume(records: readonly CommitRecord[]): void;
  counts(): readonly ReportCounts[];
  /** Ends at once: what is not told is told after the next start. */
  close(): Promise<void>;
}

export interface ReporterOptions extends LineOptions {
  readonly receivers: readonly Receiver[];
  /** What was told, by receiver: the id of it by commit. Kept on disk. */
  readonly memory: {
    readonly initial: JsonValue | undefined;
    write(document: () => JsonValue): Promise<void>;
  };
}

/** Commits of which what was told is remembered. */
const maxRemembered = 300;

/** Starts with nothing to tell. Each receiver is told one thing at a time, and waits for no other. */
export function createReporter(options: ReporterOptions): Reporter {
  const stop = new AbortController();
  const told = readMemory(options.memory.initial);
  const save = (): void => {
    const document = (): JsonValue =>
      Object.fromEntries([...told].map(([name, ids]) => [name, Object.fromEntries(ids)]));
    options.memory.write(document).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : "it failed";
      options.onProblem("memory", `what was reported cannot be saved: ${why}`);
    });
  };
  const lines = options.receivers.map((receiver) => {
    const known = told.get(receiver.name) ?? new Map<string, string>();
    const isNew = !told.has(receiver.name);
    told.set(receiver.name, known);
    const remember = (oid: string, id: string): void => {
      known.delete(oid);
      known.set(oid, id);
      for (const oldest of known.keys()) {
        if (known.size <= maxRemembered) break;
        known.delete(oldest);
      }
      save();
    };
    return { receiver, known, isNew, line: createLine(receiver, options, stop.signal, remember) };
  });
  const note = (record: CommitRecord): void => {
    const { oid } = record.commit;
    for (const { receiver, known, line } of lines) {
      const id = receiver.idOf(record);
      // What it waits to be told may be no longer so.
      if (id === undefined || known.get(oid) === id) line.remove(oid);
      else line.put(record);
    }
  };
  return {
    note,
    resume(records) {
      // Whoever is new is not told everything that ever was.
      for (const { receiver, known, isNew } of lines) {
        if (!isNew) continue;
        for (const record of records.slice(1)) {
          const id = receiver.idOf(record);
          if (id !== undefined) known.set(record.commit.oid, id);
        }
      }
      for (const record of records.slice(0, maxRemembered).reverse()) note(record);
      if (records.length === 0) save();
    },
    counts: () => lines.map(({ line }) => line.counts()),
    async close() {
      stop.abort();
      await Promise.all(lines.map(({ line }) => line.idle()));
    },
  };
}

function readMemory(value: JsonValue | undefined): Map<string, Map<string, string>> {
  const memory = new Map<string, Map<string, string>>();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return memory;
  for (const [name, ids] of Object.entries(value as JsonObject)) {
    if (typeof ids !== "object" || ids === null) continue;
    const entries = Object.entries(ids).filter(([, id]) => typeof id === "string");
    memory.set(name, new Map(entries as [string, string][]));
  }
  return memory;
}
