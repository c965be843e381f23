import { readFileSync } from "node:fs";
import { openBlockReader, type BlockReader } from "./block-reader.js";
import { deltaResultSize } from "./delta.js";
import { readDeltified, type DeltaContext } from "./delta-chain.js";
import { CorruptObjectError } from "./git-object.js";
import { inflateAt } from "./inflate.js";
import type { CachedObject } from "./object-cache.js";
import { packTrailerBytes, readPackEntry } from "./pack-entry.js";
import { parsePackIndex, type PackIndex } from "./pack-index.js";

/** A pack and its index, opened for reading. */
export interface PackFile {
  readonly sizeBytes: number;
  has(oid: string): boolean;
  /** The object, unpacked but not checked against its name; undefined if it is not in this pack. */
  read(oid: string): CachedObject | undefined;
  /** The object's size in bytes, without unpacking it whole. */
  sizeOf(oid: string): number | undefined;
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
    read(oid) {
      const offset = index.offsetOf(oid);
      return offset === undefined ? undefined : readDeltified(pack, offset, deltas);
    },
    sizeOf(oid) {
      const offset = index.offsetOf(oid);
      if (offset === undefined) return undefined;
      const known = context.recall(offset);
      if (known !== undefined) return known.content.length;
      const entry = readPackEntry(pack, offset);
      if (entry.content.kind === "whole") return entry.size;
      return deltaResultSize(inflateAt(pack, entry.dataOffset, entry.size).content);
    },
    release: pack.release,
    close: pack.close,
  };
}
