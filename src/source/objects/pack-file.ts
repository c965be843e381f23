import { readFileSync } from "node:fs";
import { openBlockReader, type BlockReader } from "./block-reader.js";
import { applyDelta, deltaResultSize } from "./delta.js";
import { CorruptObjectError, type GitObject } from "./git-object.js";
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
export interface PackContext {
  recall(offset: number): CachedObject | undefined;
  remember(offset: number, object: CachedObject): void;
  /** Reads the base of a delta that is in another pack. */
  outside(oid: string): GitObject;
}

/** Opens the pack at `path` (which ends in `.pack`). Throws if its index is not that of this pack. */
export function openPackFile(path: string, context: PackContext): PackFile {
  const index = parsePackIndex(readFileSync(path.replace(/\.pack$/, ".idx")));
  const pack = openBlockReader(path);
  const trailer = pack.read(pack.size - packTrailerBytes, packTrailerBytes).toString("hex");
  pack.release();
  if (trailer !== index.packChecksum) {
    pack.close();
    throw new CorruptObjectError("a pack and its index do not belong together");
  }
  return createPackFile(pack, index, context);
}

function createPackFile(pack: BlockReader, index: PackIndex, context: PackContext): PackFile {
  /** The deltas of a chain are unwound without recursion: they may be thousands. */
  function readAt(offset: number): CachedObject {
    const deltas: Buffer[] = [];
    let base: GitObject | undefined;
    for (let at = offset; (base = context.recall(at)) === undefined;) {
      const entry = readPackEntry(pack, at);
      const { content } = inflateAt(pack, entry.dataOffset, entry.size);
      if (entry.content.kind === "whole") {
        base = { type: entry.content.type, content };
        break;
      }
      deltas.push(content);
      const below =
        entry.content.kind === "offset-delta"
          ? entry.content.baseOffset
          : index.offsetOf(entry.content.baseOid);
      if (below === undefined && entry.content.kind === "ref-delta") {
        base = context.outside(entry.content.baseOid);
        break;
      }
      // A chain is shorter than the pack has objects, unless it bites its own tail.
      if (below === undefined || deltas.length > index.count) {
        throw new CorruptObjectError("the deltas of a pack form a circle");
      }
      at = below;
    }
    if (deltas.length === 0) return base;
    let object: GitObject = base;
    for (const delta of deltas.reverse()) {
      object = { type: object.type, content: applyDelta(object.content, delta) };
    }
    context.remember(offset, object);
    return object;
  }

  return {
    sizeBytes: pack.size,
    has: (oid) => index.offsetOf(oid) !== undefined,
    read(oid) {
      const offset = index.offsetOf(oid);
      return offset === undefined ? undefined : readAt(offset);
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
