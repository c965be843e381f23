import { dropOldest } from "../../lib/drop-oldest.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { JsonFile } from "../../state/json-file.js";
import { holdKinds } from "../guards/hold.js";
import { commitStates, type CommitRecord } from "./commit-record.js";

/** What became of commits. Bounded, and kept on disk. */
export interface History {
  /** Newest first. */
  list(): readonly CommitRecord[];
  get(oid: string): CommitRecord | undefined;
  /** Makes a record of each commit, newest first, that has none yet. */
  see(commits: readonly CommitInfo[], atMs: number): void;
  /** Changes the record of a commit that was seen. */
  change(oid: string, change: RecordChange, atMs: number): void;
  /** Whether a commit with one of these keys was refused. */
  isRefused(keys: readonly string[]): boolean;
  /** Remembers that what has these keys was refused. */
  refuse(keys: readonly string[]): void;
  /** Forgets that. */
  pardon(keys: readonly string[]): void;
  /** Writes again what could not be written to disk. */
  retry(): void;
}

/** What a change of a record says; the time of a change of state is noted by itself. */
export type RecordChange = Partial<Omit<CommitRecord, "commit" | "sinceMs" | "seenAtMs">>;

export interface HistoryOptions {
  /** Where it is kept. */
  readonly file: JsonFile;
  /** Records kept at most. Default: 200. */
  readonly maxRecords?: number;
  /** Commits whose records are kept however many come after them. */
  readonly isNeeded: (oid: string) => boolean;
  /** Is told of every new and every changed record, and what it was before. */
  readonly onRecord: (record: CommitRecord, before: CommitRecord | undefined) => void;
  /** Is told when it could not be written to disk, and (undefined) when it could again. */
  readonly onWriteFailure: (cause: unknown) => void;
}

const formatVersion = 1;
const maxRefused = 2_000;
/** Records that keep all of their diagnostics on disk; older ones keep the first few. */
const detailedOnDisk = 20;
const fewDiagnostics = 10;

/** Opens the history: what the file holds, and what is added. */
export function openHistory(options: HistoryOptions): History {
  const { file, maxRecords = 200, isNeeded, onRecord } = options;
  const read = readDocument(file.initial);
  const refused = new Set(read.refused);
  let records = new Map(read.records.map((record) => [record.commit.oid, record]));

  const document = (): JsonValue =>
    // Records and diagnostics are plain data: JSON takes them as they are.
    ({
      version: formatVersion,
      records: [...records.values()].map((record, index) =>
        index < detailedOnDisk
          ? record
          : { ...record, diagnostics: record.diagnostics.slice(0, fewDiagnostics) },
      ),
      refused: [...refused],
    }) as unknown as JsonValue;

  let isBehind = false;
  const save = (): void => {
    file.write(document).then(
      () => {
        isBehind = false;
        options.onWriteFailure(undefined);
      },
      (cause: unknown) => {
        isBehind = true;
        options.onWriteFailure(cause);
      },
    );
  };

  return {
    list: () => [...records.values()],
    get: (oid) => records.get(oid),
    see(commits, atMs) {
      const fresh = commits.filter(({ oid }) => !records.has(oid)).map((one) => seen(one, atMs));
      if (fresh.length === 0) return;
      const all = [...fresh, ...records.values()];
      const kept = all.filter(({ commit }, index) => index < maxRecords || isNeeded(commit.oid));
      records = new Map(kept.map((record) => [record.commit.oid, record]));
      save();
      for (const record of [...fresh].reverse()) onRecord(record, undefined);
    },
    change(oid, change, atMs) {
      const before = records.get(oid);
      if (before === undefined) return;
      const { reason: _reason, code: _code, hold: _hold, ...rest } = before;
      const isNewState = change.state !== undefined && change.state !== before.state;
      // They say why a commit is in its state: they go with it, and all at once.
      const kept = isNewState || change.reason !== undefined ? rest : before;
      const record = { ...kept, ...(isNewState ? { sinceMs: atMs } : {}), ...change };
      records.set(oid, record);
      save();
      onRecord(record, before);
    },
    isRefused: (keys) => keys.some((key) => refused.has(key)),
    refuse(keys) {
      for (const key of keys) refused.add(key);
      dropOldest(refused, maxRefused);
      save();
    },
    pardon(keys) {
      let known = false;
      for (const key of keys) known = refused.delete(key) || known;
      if (known) save();
    },
    retry() {
      if (isBehind) save();
    },
  };
}

function seen(commit: CommitInfo, atMs: number): CommitRecord {
  return {
    commit,
    state: "seen",
    sinceMs: atMs,
    seenAtMs: atMs,
    diagnostics: [],
    errorCount: 0,
    warningCount: 0,
    refusals: [],
    durations: {},
  };
}

interface Document {
  readonly records: readonly CommitRecord[];
  readonly refused: readonly string[];
}

/** What of a document can be used. A file of another version is passed over: it only says what was. */
function readDocument(value: JsonValue | undefined): Document {
  const nothing = { records: [], refused: [] };
  if (!isJsonObject(value ?? null)) return nothing;
  const { version, records, refused } = value as JsonObject;
  if (version !== formatVersion || !Array.isArray(records) || !Array.isArray(refused)) {
    return nothing;
  }
  return {
    records: records.filter(isRecord).map(unfinishedAsSeen),
    refused: refused.filter((key) => typeof key === "string"),
  };
}

/** Whether it is a record, with all that a record has: one that is not would come up again and again. */
function isRecord(value: unknown): value is CommitRecord {
  const record = (value ?? {}) as Partial<CommitRecord>;
  const { commit, state, diagnostics, refusals, durations } = record;
  const { oid, treeOid, message, author, committer } = commit ?? {};
  return (
    [oid, treeOid, message, author?.name, committer?.name].every(
      (one) => typeof one === "string",
    ) &&
    commitStates.some((known) => known === state) &&
    [record.sinceMs, record.seenAtMs, record.errorCount, record.warningCount].every(
      Number.isFinite,
    ) &&
    isHold(record.hold) &&
    [diagnostics, refusals].every((list) => Array.isArray(list) && list.every(isJsonObject)) &&
    isJsonObject(durations ?? null)
  );
}

function isHold(value: unknown): boolean {
  if (value === undefined) return true;
  const { kind, why } = value as Partial<NonNullable<CommitRecord["hold"]>>;
  return holdKinds.some((known) => known === kind) && typeof why === "string";
}

/** What a process was in the middle of when it ended is done again; what waits goes on waiting. */
function unfinishedAsSeen(record: CommitRecord): CommitRecord {
  const { state, hold } = record;
  const isUnfinished = state === "validating" || (state === "accepted" && hold === undefined);
  return isUnfinished ? { ...record, state: "seen" } : record;
}
