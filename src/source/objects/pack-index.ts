import { createHash } from "node:crypto";
import { CorruptObjectError } from "./git-object.js";

/** Where the objects of one pack are: Git's index file of version 2, searched in place. */
export interface PackIndex {
  readonly count: number;
  /** The checksum at the end of the pack that this index belongs to. */
  readonly packChecksum: string;
  /** The place of an object in the pack; undefined if it is not in it. */
  offsetOf(oid: string): number | undefined;
  /** The names of objects that begin with these hex digits. */
  oidsWith(prefix: string): readonly string[];
}

/** One object of a pack, for its index. */
export interface IndexedObject {
  readonly oid: string;
  readonly offset: number;
  readonly crc: number;
}

const headBytes = 8 + 256 * 4;
const isLarge = 0x80000000;

/** Reads an index file. Throws if its checksum or its measures are wrong. */
export function parsePackIndex(bytes: Buffer): PackIndex {
  if (bytes.length < headBytes + 40 || bytes.readUInt32BE(0) !== 0xff744f63) throw broken();
  if (bytes.readUInt32BE(4) !== 2) throw broken();
  const count = bytes.readUInt32BE(headBytes - 4);
  const oidsAt = headBytes;
  const offsetsAt = oidsAt + count * 24;
  const largeAt = offsetsAt + count * 4;
  if (bytes.length < largeAt + 40) throw broken();
  const body = bytes.subarray(0, -20);
  if (!createHash("sha1").update(body).digest().equals(bytes.subarray(-20))) throw broken();

  function offsetAt(position: number): number {
    const offset = bytes.readUInt32BE(offsetsAt + position * 4);
    if (offset < isLarge) return offset;
    const at = largeAt + (offset - isLarge) * 8;
    if (at + 8 > bytes.length - 40) throw broken();
    return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  }
  return {
    count,
    packChecksum: bytes.toString("hex", bytes.length - 40, bytes.length - 20),
    offsetOf(oid) {
      const wanted = Buffer.from(oid, "hex");
      const first = wanted[0] ?? 0;
      let low = first === 0 ? 0 : bytes.readUInt32BE(8 + (first - 1) * 4);
      let high = Math.min(bytes.readUInt32BE(8 + first * 4), count);
      while (low < high) {
        const middle = (low + high) >>> 1;
        const at = oidsAt + middle * 20;
        const order = bytes.compare(wanted, 0, 20, at, at + 20);
        if (order === 0) return offsetAt(middle);
        if (order < 0) low = middle + 1;
        else high = middle;
      }
      return undefined;
    },
    oidsWith(prefix) {
      const oidAt = (at: number): string =>
        bytes.toString("hex", oidsAt + at * 20, oidsAt + at * 20 + 20);
      let low = 0;
      for (let high = count; low < high;) {
        const middle = (low + high) >>> 1;
        if (oidAt(middle) < prefix) low = middle + 1;
        else high = middle;
      }
      const found: string[] = [];
      for (; low < count && oidAt(low).startsWith(prefix); low++) found.push(oidAt(low));
      return found;
    },
  };
}

/** Makes the index file of a pack, byte for byte as Git makes it. */
export function encodePackIndex(
  objects: readonly IndexedObject[],
  packChecksum: Uint8Array,
): Buffer {
  const sorted = [...objects].sort((a, b) => (a.oid < b.oid ? -1 : a.oid > b.oid ? 1 : 0));
  const large = sorted.filter(({ offset }) => offset >= isLarge);
  const bytes = Buffer.alloc(headBytes + sorted.length * 28 + large.length * 8 + 40);
  bytes.writeUInt32BE(0xff744f63, 0);
  bytes.writeUInt32BE(2, 4);
  const oidsAt = headBytes;
  const crcsAt = oidsAt + sorted.length * 20;
  const offsetsAt = crcsAt + sorted.length * 4;
  let largeAt = offsetsAt + sorted.length * 4;
  let larges = 0;
  const fanout = new Uint32Array(256);
  sorted.forEach(({ oid, offset, crc }, position) => {
    bytes.write(oid, oidsAt + position * 20, "hex");
    fanout[bytes[oidsAt + position * 20] ?? 0]! += 1;
    bytes.writeUInt32BE(crc, crcsAt + position * 4);
    if (offset < isLarge) return void bytes.writeUInt32BE(offset, offsetsAt + position * 4);
    bytes.writeUInt32BE(isLarge + larges++, offsetsAt + position * 4);
    bytes.writeBigUInt64BE(BigInt(offset), largeAt);
    largeAt += 8;
  });
  let sum = 0;
  fanout.forEach((value, first) => bytes.writeUInt32BE((sum += value), 8 + first * 4));
  bytes.set(packChecksum, bytes.length - 40);
  bytes.set(createHash("sha1").update(bytes.subarray(0, -20)).digest(), bytes.length - 20);
  return bytes;
}

function broken(): CorruptObjectError {
  return new CorruptObjectError("the index of a pack is damaged");
}
