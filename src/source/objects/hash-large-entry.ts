import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInflate } from "node:zlib";
import { crc32 } from "../../lib/crc32.js";
import type { BlockReader } from "./block-reader.js";
import { CorruptObjectError, type ObjectType } from "./git-object.js";
import type { PackEntry } from "./pack-entry.js";

/** What indexing needs to know of an entry whose content was not kept. */
export interface HashedEntry {
  readonly oid: string;
  readonly crc: number;
  /** Where the next entry begins. */
  readonly end: number;
}

const pieceBytes = 256 * 1024;

/**
 * Names a whole entry piece by piece, unpacking it in another thread: what is large is most likely
 * no config, and must neither fill the memory nor hold up the process.
 */
export async function hashLargeEntry(
  pack: BlockReader,
  { offset, dataOffset, size }: PackEntry,
  type: ObjectType,
  { signal, breathe }: { signal: AbortSignal; breathe: () => Promise<void> | undefined },
): Promise<HashedEntry> {
  const hash = createHash("sha1").update(`${type} ${size}\0`);
  const engine = createInflate({ chunkSize: pieceBytes });
  const ended = once(engine, "end", { signal });
  // It is awaited below, but may fail while something else is awaited.
  ended.catch(() => undefined);
  let unpacked = 0;
  engine.on("data", (piece: Buffer) => {
    unpacked += piece.length;
    if (unpacked > size) engine.destroy(damaged(offset));
    else hash.update(piece);
  });
  try {
    for (let at = dataOffset; !engine.readableEnded; at += pieceBytes) {
      const piece = pack.read(at, pieceBytes);
      if (piece.length === 0) engine.end();
      const hasRoom = piece.length === 0 || engine.write(piece);
      if (!hasRoom) await Promise.race([once(engine, "drain", { signal }), ended]);
      if (piece.length === 0) await ended;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof CorruptObjectError ? cause : damaged(offset, cause);
  } finally {
    engine.destroy();
  }
  if (unpacked !== size) throw damaged(offset);
  const end = dataOffset + engine.bytesWritten;
  let crc = 0;
  for (let at = offset; at < end; at += pieceBytes) {
    crc = crc32(pack.read(at, Math.min(pieceBytes, end - at)), crc);
    await breathe();
  }
  return { oid: hash.digest("hex"), crc, end };
}

function damaged(offset: number, cause?: unknown): CorruptObjectError {
  return new CorruptObjectError(`the pack is damaged at byte ${offset}`, { cause });
}
