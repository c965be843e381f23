import { constants } from "node:fs";
import { open, readdir, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { invariant } from "../lib/invariant.js";
import { frame, journalMagic, readFrames } from "./frame.js";
import { applyDelta, encodeDelta, type StoredSnapshot } from "./snapshot-delta.js";
import { stateErrorOf } from "./state-error.js";

/**
 * The snapshots that may still be served, on disk: the newest on top, beneath it those to go back to
 * if Envoys refuse it. A call's promise resolves when what it did survives `kill -9` and power loss.
 * Calls are carried out one after the other; each may reject with a `StateError`, and then has not
 * changed what a restart finds, as far as the disk still does what it is told.
 */
export interface Journal {
  /** What was on disk when it was opened, newest first. */
  readonly restored: readonly StoredSnapshot[];
  /** What could not be used of what was on disk, one sentence; undefined: nothing. */
  readonly damage: string | undefined;
  /** Puts a snapshot on top. */
  push(entry: StoredSnapshot): Promise<void>;
  /** Puts a snapshot in the place of the top; what lies beneath stays. */
  replace(entry: StoredSnapshot): Promise<void>;
  /** Keeps these, counted from the top down, and forgets all others; at least one is kept. */
  keep(indexes: readonly number[]): Promise<void>;
  /** Rewrites the file if it has grown far beyond what it holds. For moments without hurry. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

export interface JournalOptions {
  /** Snapshots kept at most, the top included. Default: 8. */
  readonly maxDepth?: number;
  /** Deltas in the file at which `tidy` rewrites it. Default: 64. */
  readonly maxDeltas?: number;
}

const recordKind = { push: 1, keep: 2, replace: 3 } as const;
const fileName = /^snapshots-(\d+)\.journal$/;
/** Below this size the file is left to grow. */
const smallBytes = 4 * 1024 * 1024;

/** Opens the journal in a folder, or starts it. What is torn or damaged at its end is cut off. */
export async function openJournal(folder: string, options: JournalOptions = {}): Promise<Journal> {
  const { maxDepth = 8, maxDeltas = 64 } = options;
  const found = await readNewest(folder, maxDepth);
  let stack = found.stack;
  let file: OpenFile | undefined;
  let sequence = found.sequence;
  let queue: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => undefined); // the caller has the error; the next call starts afresh
    return done;
  };

  /** A new file that holds `entries`, in the place of the one there is. */
  const rewrite = async (entries: readonly StoredSnapshot[]): Promise<void> => {
    const next = await createFile(folder, sequence + 1, entries);
    sequence++;
    const old = file;
    file = next;
    await old?.handle.close().catch(() => undefined); // nothing unsaved is in it
    await removeOthers(folder, sequence);
  };

  const append = async (
    kind: number,
    payload: Buffer,
    entries: readonly StoredSnapshot[],
  ): Promise<void> => {
    // After a failed write or fsync nobody knows what the file holds: the next record starts a new one.
    if (file === undefined) return rewrite(entries);
    const bytes = frame(Buffer.concat([Buffer.of(kind), payload]));
    const { handle, path, length } = file;
    try {
      await writeAll(handle, bytes, length);
      await handle.datasync();
    } catch (cause) {
      file = undefined;
      await handle.truncate(length).catch(() => undefined); // a torn end is cut off when it is read
      await handle.close().catch(() => undefined); // the error at hand says more
      throw stateErrorOf(cause, "write", path);
    }
    file.length += bytes.length;
    file.deltas++;
  };

  if (found.path !== undefined) {
    file = await reopen(found.path, found.validBytes, found.checkpointBytes, found.deltas);
  }

  return {
    restored: stack,
    damage: found.damage,
    push(entry) {
      return inTurn(async () => {
        const next = [entry, ...stack].slice(0, maxDepth);
        await append(recordKind.push, encodeDelta(stack[0]?.snapshot, entry), next);
        stack = next;
      });
    },
    replace(entry) {
      return inTurn(async () => {
        const next = [entry, ...stack.slice(1)];
        await append(recordKind.replace, encodeDelta(stack[0]?.snapshot, entry), next);
        stack = next;
      });
    },
    keep(indexes) {
      return inTurn(async () => {
        const next = pick(stack, indexes);
        invariant(next.length > 0, "the journal keeps at least one snapshot");
        if (next.length === stack.length) return;
        await append(recordKind.keep, Buffer.from(indexes), next);
        stack = next;
      });
    },
    tidy() {
      return inTurn(async () => {
        if (file === undefined) return;
        const large = file.length > Math.max(smallBytes, 2 * file.checkpointBytes);
        if (large || file.deltas > maxDeltas) await rewrite(stack);
      });
    },
    close() {
      return inTurn(async () => {
        await file?.handle.close();
        file = undefined;
      });
    },
  };
}

interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  length: number;
  readonly checkpointBytes: number;
  deltas: number;
}

/** Writes a whole file beside the others and gives it its name when it is safe on disk. */
async function createFile(
  folder: string,
  sequence: number,
  entries: readonly StoredSnapshot[],
): Promise<OpenFile> {
  const path = join(folder, `snapshots-${String(sequence).padStart(8, "0")}.journal`);
  const temporary = `${path}.tmp`;
  const parts: Buffer[] = [journalMagic];
  let before: StoredSnapshot | undefined;
  for (const entry of [...entries].reverse()) {
    const delta = encodeDelta(before?.snapshot, entry);
    parts.push(frame(Buffer.concat([Buffer.of(recordKind.push), delta])));
    before = entry;
  }
  const bytes = Buffer.concat(parts);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, "w", 0o600);
    await writeAll(handle, bytes, 0);
    await handle.sync();
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await handle?.close().catch(() => undefined); // the error at hand says more
    await rm(temporary, { force: true }).catch(() => undefined); // and so does it here
    throw stateErrorOf(cause, "write", path);
  }
  return { path, handle, length: bytes.length, checkpointBytes: bytes.length, deltas: 0 };
}

async function reopen(
  path: string,
  validBytes: number,
  checkpointBytes: number,
  deltas: number,
): Promise<OpenFile> {
  try {
    const handle = await open(path, constants.O_RDWR);
    await handle.truncate(validBytes);
    return { path, handle, length: validBytes, checkpointBytes, deltas };
  } catch (cause) {
    throw stateErrorOf(cause, "write", path);
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Makes a rename survive power loss. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Found {
  readonly stack: readonly StoredSnapshot[];
  /** The highest number in use. */
  readonly sequence: number;
  /** The file to go on with. */
  readonly path: string | undefined;
  readonly validBytes: number;
  readonly checkpointBytes: number;
  readonly deltas: number;
  readonly damage: string | undefined;
}

/** The newest file that holds a snapshot. A file that holds none is left where it is, and passed over. */
async function readNewest(folder: string, maxDepth: number): Promise<Found> {
  const numbered = await listFiles(folder);
  let damage: string | undefined;
  for (const { path } of numbered) {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw stateErrorOf(cause, "read", path);
    });
    const { payloads, validBytes } = readFrames(bytes);
    if (validBytes < bytes.length) {
      damage ??= `the last ${bytes.length - validBytes} bytes of ${path} were torn and are left out`;
    }
    const stack = replay(payloads, maxDepth);
    if (stack.length === 0) continue;
    return {
      stack,
      sequence: numbered[0]?.number ?? 0,
      path,
      validBytes,
      checkpointBytes: journalMagic.length + (payloads[0]?.length ?? 0),
      deltas: payloads.length - 1,
      damage,
    };
  }
  const sequence = numbered[0]?.number ?? 0;
  const nothing = { path: undefined, validBytes: 0, checkpointBytes: 0, deltas: 0 };
  return { stack: [], sequence, ...nothing, damage };
}

function replay(payloads: readonly Buffer[], maxDepth: number): readonly StoredSnapshot[] {
  let stack: readonly StoredSnapshot[] = [];
  for (const payload of payloads) {
    if (payload[0] === recordKind.keep) stack = pick(stack, [...payload.subarray(1)]);
    else {
      const entry = applyDelta(stack[0]?.snapshot, payload.subarray(1));
      const beneath = payload[0] === recordKind.replace ? stack.slice(1) : stack;
      stack = [entry, ...beneath].slice(0, maxDepth);
    }
  }
  return stack;
}

function pick<T>(stack: readonly T[], indexes: readonly number[]): readonly T[] {
  return stack.filter((_, index) => indexes.includes(index));
}

async function listFiles(
  folder: string,
): Promise<readonly { readonly number: number; readonly path: string }[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw stateErrorOf(cause, "read", folder);
  });
  return names
    .flatMap((name) => {
      const match = fileName.exec(name);
      return match === null ? [] : [{ number: Number(match[1]), path: join(folder, name) }];
    })
    .sort((a, b) => b.number - a.number);
}

/** What is left of older files after a rewrite. Failing to remove one costs space, nothing else. */
async function removeOthers(folder: string, sequence: number): Promise<void> {
  const files = await listFiles(folder);
  const others = files.filter(({ number }) => number !== sequence);
  await Promise.allSettled(others.map(({ path }) => rm(path)));
}
