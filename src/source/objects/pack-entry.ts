import type { BlockReader } from "./block-reader.js";
import { CorruptObjectError, type ObjectType } from "./git-object.js";

/** The head of one entry of a pack: what follows is its compressed content or delta. */
export interface PackEntry {
  /** Where the entry begins. */
  readonly offset: number;
  /** Where its compressed bytes begin. */
  readonly dataOffset: number;
  /** Bytes of the object, or of the delta, unpacked. */
  readonly size: number;
  readonly content:
    | { readonly kind: "whole"; readonly type: ObjectType }
    | { readonly kind: "offset-delta"; readonly baseOffset: number }
    | { readonly kind: "ref-delta"; readonly baseOid: string };
}

/** Bytes before the first entry, and after the last. */
export const packHeaderBytes = 12;
export const packTrailerBytes = 20;

const types: Readonly<Record<number, ObjectType>> = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" };
const offsetDelta = 6;
const refDelta = 7;

/** The number of objects that a pack says it holds. Throws for what is not a pack of version 2. */
export function packObjectCount(pack: BlockReader): number {
  const head = pack.read(0, packHeaderBytes);
  const known = head.length === packHeaderBytes && head.toString("latin1", 0, 4) === "PACK";
  if (!known || head.readUInt32BE(4) !== 2) throw new CorruptObjectError("not a Git pack");
  return head.readUInt32BE(8);
}

/** Reads the head of the entry at `offset` (gitformat-pack, "pack-*.pack files have …"). */
export function readPackEntry(pack: BlockReader, offset: number): PackEntry {
  const head = pack.read(offset, 48);
  let at = 0;
  const next = (): number => {
    const byte = head[at++];
    if (byte === undefined) throw damaged(offset);
    return byte;
  };
  let byte = next();
  const code = (byte >> 4) & 7;
  let size = byte & 15;
  let scale = 16;
  while (byte & 0x80) {
    byte = next();
    size += (byte & 0x7f) * scale;
    scale *= 128;
    if (scale > 2 ** 49) throw damaged(offset);
  }
  const type = types[code];
  if (type !== undefined) {
    return { offset, dataOffset: offset + at, size, content: { kind: "whole", type } };
  }
  if (code === offsetDelta) {
    byte = next();
    let distance = byte & 0x7f;
    while (byte & 0x80) {
      byte = next();
      distance = (distance + 1) * 128 + (byte & 0x7f);
      if (distance > offset) throw damaged(offset);
    }
    const baseOffset = offset - distance;
    if (distance === 0 || baseOffset < packHeaderBytes) throw damaged(offset);
    return { offset, dataOffset: offset + at, size, content: { kind: "offset-delta", baseOffset } };
  }
  if (code !== refDelta || head.length < at + 20) throw damaged(offset);
  const baseOid = head.toString("hex", at, at + 20);
  return { offset, dataOffset: offset + at + 20, size, content: { kind: "ref-delta", baseOid } };
}

function damaged(offset: number): CorruptObjectError {
  return new CorruptObjectError(`the pack is damaged at byte ${offset}`);
}
