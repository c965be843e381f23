import { createBreather } from "../../lib/breather.js";
import { crc32 } from "../../lib/crc32.js";
import { type SourceLimits, tooLarge } from "../limits.js";
import type { BlockReader } from "./block-reader.js";
import { applyDelta, deltaResultSize } from "./delta.js";
import { readDeltified, type DeltaContext } from "./delta-chain.js";
import { CorruptObjectError, oidOf, type GitObject } from "./git-object.js";
import { hashLargeEntry } from "./hash-large-entry.js";
import { inflateAt } from "./inflate.js";
import {
  type PackEntry,
  packHeaderBytes,
  packObjectCount,
  packTrailerBytes,
  readPackEntry,
} from "./pack-entry.js";
import type { IndexedObject } from "./pack-index.js";

/** Whole objects of more bytes than this are named piece by piece. */
const largeBytes = 1024 * 1024;

/** What indexing needs besides the pack. */
export interface IndexPackOptions extends Omit<DeltaContext, "offsetOf"> {
  readonly limits: SourceLimits;
  readonly signal: AbortSignal;
}

/**
 * Reads a pack from its first to its last byte and names every object in it. Throws unless every
 * object unpacks, every delta finds its base and no byte is left over: nothing is skipped.
 */
export async function indexPack(
  pack: BlockReader,
  options: IndexPackOptions,
): Promise<readonly IndexedObject[]> {
  const { limits, signal } = options;
  const count = packObjectCount(pack);
  if (count > limits.maxPackObjects) throw tooLarge("the remote's pack", "maxPackObjects", limits);
  const breathe = createBreather(signal);
  const naming = createNaming(pack, options);
  let offset = packHeaderBytes;
  for (let number = 0; number < count; number++) {
    const entry = readPackEntry(pack, offset);
    naming.checkSize(entry.size);
    if (entry.content.kind === "whole" && entry.size > largeBytes) {
      const { type } = entry.content;
      const hashed = await hashLargeEntry(pack, entry, type, { signal, breathe });
      await naming.addNamed({ ...hashed, offset }, breathe);
      offset = hashed.end;
      continue;
    }
    const { content, packedBytes } = inflateAt(pack, entry.dataOffset, entry.size);
    const end = entry.dataOffset + packedBytes;
    const crc = crc32(pack.read(offset, end - offset));
    const place = { offset, crc, base: baseOf(entry.content) };
    await naming.add(place, entry.content, content, breathe);
    offset = end;
    await breathe();
  }
  if (offset !== pack.size - packTrailerBytes) throw new CorruptObjectError("the pack is cut off");
  await naming.addOutside(breathe);
  if (naming.found.length < count) throw new CorruptObjectError("a delta of the pack has no base");
  return naming.found;
}

type Breathe = ReturnType<typeof createBreather>;

/** An entry of the pack, and the offset or the name of the base of its delta. */
interface Place {
  readonly offset: number;
  readonly crc: number;
  readonly base: number | string | undefined;
}

function baseOf(content: PackEntry["content"]): number | string | undefined {
  if (content.kind === "whole") return undefined;
  return content.kind === "offset-delta" ? content.baseOffset : content.baseOid;
}

function createNaming(pack: BlockReader, options: IndexPackOptions) {
  const { limits } = options;
  const found: IndexedObject[] = [];
  const named = new Set<number>();
  const offsetByOid = new Map<string, number>();
  const context: DeltaContext = { ...options, offsetOf: (oid) => offsetByOid.get(oid) };
  /** Deltas whose base has no name yet, by the base. */
  const waiting = new Map<number | string, Place[]>();
  let unpackedBytes = 0;

  function checkSize(size: number): void {
    if (size > limits.maxObjectBytes) {
      throw tooLarge(`an object of ${size} bytes`, "maxObjectBytes", limits);
    }
    unpackedBytes += size;
    if (unpackedBytes > limits.maxUnpackedBytes) {
      throw tooLarge("the remote's pack, unpacked,", "maxUnpackedBytes", limits);
    }
  }

  function isKnown(base: number | string): boolean {
    return typeof base === "number" ? named.has(base) : offsetByOid.has(base);
  }

  function makeFrom(base: GitObject, delta: Buffer): GitObject {
    checkSize(deltaResultSize(delta));
    return { type: base.type, content: applyDelta(base.content, delta) };
  }

  function isOutside(oid: string): boolean {
    try {
      options.outside(oid);
      return true;
    } catch (cause) {
      if (cause instanceof CorruptObjectError && cause.missing) return false;
      throw cause;
    }
  }

  function readBase(base: number | string): GitObject {
    const offset = typeof base === "number" ? base : offsetByOid.get(base);
    return offset === undefined
      ? options.outside(String(base))
      : readDeltified(pack, offset, context);
  }

  function name({ offset, crc }: Place, object: GitObject): void {
    const oid = oidOf(object.type, object.content);
    record({ oid, offset, crc });
    options.remember(offset, { ...object, oid });
  }

  function record({ oid, offset, crc }: IndexedObject): void {
    found.push({ oid, offset, crc });
    named.add(offset);
    offsetByOid.set(oid, offset);
  }

  /** Names the deltas that waited for a base. */
  async function nameWaiting(base: number | string, breathe: Breathe): Promise<void> {
    const places = waiting.get(base) ?? [];
    waiting.delete(base);
    for (const place of places) {
      const { dataOffset, size } = readPackEntry(pack, place.offset);
      name(place, makeFrom(readBase(base), inflateAt(pack, dataOffset, size).content));
      await breathe();
    }
  }

  /** Names what waited for the objects found from number `first` on, and what waited for that. */
  async function settle(first: number, breathe: Breathe): Promise<void> {
    for (let next = first; waiting.size > 0 && next < found.length; next++) {
      const { oid, offset } = found[next]!;
      await nameWaiting(offset, breathe);
      await nameWaiting(oid, breathe);
    }
  }

  return {
    found,
    checkSize,
    /** Names an entry, or lets it wait until its base has a name. */
    async add(place: Place, content: PackEntry["content"], data: Buffer, breathe: Breathe) {
      const { base } = place;
      if (base !== undefined && !isKnown(base)) {
        const places = waiting.get(base);
        if (places === undefined) waiting.set(base, [place]);
        else places.push(place);
        return;
      }
      if (content.kind === "whole") name(place, { type: content.type, content: data });
      else if (base !== undefined) name(place, makeFrom(readBase(base), data));
      await settle(found.length - 1, breathe);
    },
    /** Takes an entry that has its name already. */
    async addNamed(object: IndexedObject, breathe: Breathe) {
      record(object);
      await settle(found.length - 1, breathe);
    },
    /** Names the deltas whose bases are in other packs. */
    async addOutside(breathe: Breathe) {
      for (const base of [...waiting.keys()]) {
        // It may also be made by another delta, whose own base is outside.
        if (typeof base === "number" || !isOutside(base)) continue;
        const first = found.length;
        await nameWaiting(base, breathe);
        await settle(first, breathe);
      }
    },
  };
}
