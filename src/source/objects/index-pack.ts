import { createBreather } from "../../lib/breather.js";
import { crc32 } from "../../lib/crc32.js";
import { type SourceLimits, tooLarge } from "../limits.js";
import type { BlockReader } from "./block-reader.js";
import { applyDelta, deltaResultSize } from "./delta.js";
import { CorruptObjectError, oidOf, type GitObject } from "./git-object.js";
import { inflateAt } from "./inflate.js";
import type { CachedObject } from "./object-cache.js";
import {
  type PackEntry,
  packHeaderBytes,
  packObjectCount,
  packTrailerBytes,
  readPackEntry,
} from "./pack-entry.js";
import type { IndexedObject } from "./pack-index.js";

/** What indexing needs besides the pack. */
export interface IndexPackOptions {
  readonly limits: SourceLimits;
  readonly signal: AbortSignal;
  /** Objects of this pack that were unpacked lately, by offset. */
  recall(offset: number): CachedObject | undefined;
  /** Offers an unpacked object for `recall` and for the reads that will follow. */
  remember(offset: number, object: CachedObject): void;
  /** Reads the base of a delta that is not in this pack. Throws if it is nowhere. */
  outside(oid: string): GitObject;
}

/**
 * Reads a pack from its first to its last byte and names every object in it. Throws unless every
 * object unpacks, every delta finds its base and no byte is left over: nothing is skipped.
 */
export async function indexPack(
  pack: BlockReader,
  options: IndexPackOptions,
): Promise<readonly IndexedObject[]> {
  const { limits } = options;
  const count = packObjectCount(pack);
  if (count > limits.maxPackObjects) throw tooLarge("the remote's pack", "maxPackObjects", limits);
  const breathe = createBreather(options.signal);
  const resolve = createResolver(pack, options);
  const found: IndexedObject[] = [];
  const waiting: Place[] = [];
  let offset = packHeaderBytes;
  for (let number = 0; number < count; number++) {
    const entry = readPackEntry(pack, offset);
    resolve.checkSize(entry.size);
    const { content, packedBytes } = inflateAt(pack, entry.dataOffset, entry.size);
    const end = entry.dataOffset + packedBytes;
    const place = { offset, crc: crc32(pack.read(offset, end - offset)) };
    const oid = resolve.name(offset, entry.content, content);
    if (oid === undefined) waiting.push(place);
    else found.push({ oid, ...place });
    offset = end;
    await breathe();
  }
  if (offset !== pack.size - packTrailerBytes) throw new CorruptObjectError("the pack is cut off");
  await resolveWaiting(pack, waiting, found, resolve, breathe);
  return found;
}

interface Place {
  readonly offset: number;
  readonly crc: number;
}

/** Deltas whose base comes later in the pack, or depends on one that does: rounds until none is left. */
async function resolveWaiting(
  pack: BlockReader,
  places: readonly Place[],
  found: IndexedObject[],
  resolve: Resolver,
  breathe: () => Promise<void> | undefined,
): Promise<void> {
  let waiting = places;
  while (waiting.length > 0) {
    const still: Place[] = [];
    for (const place of waiting) {
      const entry = readPackEntry(pack, place.offset);
      const { content } = inflateAt(pack, entry.dataOffset, entry.size);
      const oid = resolve.name(place.offset, entry.content, content);
      if (oid === undefined) still.push(place);
      else found.push({ oid, ...place });
      await breathe();
    }
    // No base turned up in a whole round, so the bases that are left are outside the pack.
    if (still.length === waiting.length) resolve.lookOutside();
    waiting = still;
  }
}

type Resolver = ReturnType<typeof createResolver>;
type DeltaContent = Exclude<PackEntry["content"], { readonly kind: "whole" }>;

function createResolver(pack: BlockReader, options: IndexPackOptions) {
  const { limits } = options;
  const oidAt = new Map<number, string>();
  const offsetByOid = new Map<string, number>();
  let unpackedBytes = 0;
  let outside = false;

  function checkSize(size: number): void {
    if (size > limits.maxObjectBytes) {
      throw tooLarge(`an object of ${size} bytes`, "maxObjectBytes", limits);
    }
    unpackedBytes += size;
    if (unpackedBytes > limits.maxUnpackedBytes) {
      throw tooLarge("the remote's pack, unpacked,", "maxUnpackedBytes", limits);
    }
  }

  /** The object at a place whose name is known already; deltas are unwound without recursion. */
  function read(offset: number): GitObject {
    const deltas: Buffer[] = [];
    let base: GitObject | undefined;
    for (let at = offset; (base = options.recall(at)) === undefined;) {
      const entry = readPackEntry(pack, at);
      const { content } = inflateAt(pack, entry.dataOffset, entry.size);
      if (entry.content.kind === "whole") {
        base = { type: entry.content.type, content };
        break;
      }
      deltas.push(content);
      const below = baseOf(entry.content);
      if (typeof below === "string") {
        base = options.outside(below);
        break;
      }
      at = below;
    }
    let result: GitObject = base;
    for (const delta of deltas.reverse()) {
      result = { type: result.type, content: applyDelta(result.content, delta) };
    }
    options.remember(offset, { ...result, ...oidOfKnown(offset) });
    return result;
  }

  /** Where the base of a delta is in this pack, or else its name. */
  function baseOf(content: DeltaContent): number | string {
    if (content.kind === "offset-delta") return content.baseOffset;
    return offsetByOid.get(content.baseOid) ?? content.baseOid;
  }

  function oidOfKnown(offset: number): { oid?: string } {
    const oid = oidAt.get(offset);
    return oid === undefined ? {} : { oid };
  }

  function objectOf(content: PackEntry["content"], data: Buffer): GitObject | undefined {
    if (content.kind === "whole") return { type: content.type, content: data };
    checkSize(deltaResultSize(data));
    const below = baseOf(content);
    if (typeof below === "number" ? !oidAt.has(below) : !outside) return undefined;
    const base = typeof below === "number" ? read(below) : options.outside(below);
    return { type: base.type, content: applyDelta(base.content, data) };
  }

  return {
    checkSize,
    /** Names the object; undefined while the base of its delta is not known. */
    name(offset: number, content: PackEntry["content"], data: Buffer): string | undefined {
      const object = objectOf(content, data);
      if (object === undefined) return undefined;
      const oid = oidOf(object.type, object.content);
      oidAt.set(offset, oid);
      offsetByOid.set(oid, offset);
      options.remember(offset, { ...object, oid });
      return oid;
    },
    lookOutside(): void {
      if (outside) throw new CorruptObjectError("a delta of the pack has no base");
      outside = true;
    },
  };
}
