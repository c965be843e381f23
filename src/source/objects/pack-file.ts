import { readFileSync } from "node:fs";
import { openBlockReader, type BlockReader } from "./block-reader.js";
import { readWithin, type DeltaContext, type Oversize } from "./delta-chain.js";
import { CorruptObjectError } from "./git-object.js";
import type { CachedObject } from "./object-cache.js";
import { packTrailerBytes } from "./pack-entry.js";
import { parsePackIndex, type PackIndex } from "./pack-index.js";

/** A pack and its index, opened for reading. */
export interface PackFile {
  readonly sizeBytes: number;
  has(oid: string): boolean;
  /** The names of objects in it that begin with these hex digits. */
  oidsWith(prefix: string): readonly string[];
  /**
   * The object, unpacked but not checked against its name, if it is of at most `maxBytes`; undefined
   * if it is not in this pack.
   */
  read(oid: string, maxBytes: number): CachedObject | Oversize | undefined;
  release(): void;
  close(): void;
}

/** What a pack needs of the store that it is part of. */
export type PackContext = Omit<DeltaContext, "offsetOf">;

/** Opens the pack at `path` (which ends in `.pack`). Throws if its index is not that of this pack. */
export function openPackFile(path: string, context: PackContext): PackFile {
  const index = parsePackIndex(readFileSync(path.replace(/\.pack$/, ".idx")));
  const pack = openBlockReader(path);
  const trailerAt = Math.max(0, pack.size - packTrailerBytes);
  const trailer = pack.read(trailerAt, packTrailerBytes).toString("hex");
  pack.release();
  if (trailer !== index.packChecksum) {
    pack.close();
    throw new CorruptObjectError("a pack and its index do not belong together");
  }
  return createPackFile(pack, index, context);
}

function createPackFile(pack: BlockReader, index: PackIndex, context: PackContext): PackFile {
  const deltas: DeltaContext = { ...context, offsetOf: index.offsetOf };
  return {
    sizeBytes: pack.size,
    has: (oid) => index.offsetOf(oid) !== undefined,
    oidsWith: index.oidsWith,
    read(oid, maxBytes) {
      const offset = index.offsetOf(oid);
      return offset === undefined ? undefined : readWithin(pack, offset, maxBytes, deltas);
    },
    release: pack.release,
    close: pack.close,
  };
}
