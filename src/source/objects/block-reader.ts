import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const blockBytes = 256 * 1024;
const maxBlocks = 64;

/** Random access to a file through a few blocks in memory, so that a pack of any size costs little. */
export interface BlockReader {
  readonly size: number;
  /** The bytes there are from `offset` on, at most `length`. Not to be changed. */
  read(offset: number, length: number): Buffer;
  /** Forgets the blocks in memory. */
  release(): void;
  close(): void;
}

/** Opens a file. */
export function openBlockReader(path: string): BlockReader {
  const file = openSync(path, "r");
  const size = fstatSync(file).size;
  const blocks = new Map<number, Buffer>();

  function block(number: number): Buffer {
    const known = blocks.get(number);
    if (known !== undefined) return known;
    const bytes = Buffer.allocUnsafe(Math.min(blockBytes, size - number * blockBytes));
    let filled = 0;
    while (filled < bytes.length) {
      const position = number * blockBytes + filled;
      const count = readSync(file, bytes, filled, bytes.length - filled, position);
      if (count === 0) break;
      filled += count;
    }
    for (const oldest of blocks.keys()) {
      if (blocks.size < maxBlocks) break;
      blocks.delete(oldest);
    }
    const whole = bytes.subarray(0, filled);
    blocks.set(number, whole);
    return whole;
  }

  return {
    size,
    read(offset, length) {
      const end = Math.min(offset + length, size);
      if (offset >= end) return Buffer.alloc(0);
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((end - 1) / blockBytes);
      const start = offset - first * blockBytes;
      if (first === last) return block(first).subarray(start, start + end - offset);
      const parts: Buffer[] = [];
      for (let number = first; number <= last; number++) parts.push(block(number));
      return Buffer.concat(parts).subarray(start, start + end - offset);
    },
    release() {
      blocks.clear();
    },
    close() {
      blocks.clear();
      closeSync(file);
    },
  };
}
