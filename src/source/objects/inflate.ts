import { inflateSync, type Inflate, type ZlibOptions } from "node:zlib";
import type { BlockReader } from "./block-reader.js";
import { CorruptObjectError } from "./git-object.js";

/** With `info`, node gives the engine too, which knows how much input it took. */
const inflateWithInfo = inflateSync as unknown as (
  input: Uint8Array,
  options: ZlibOptions,
) => { readonly buffer: Buffer; readonly engine: Inflate };

/** What lay compressed at a place of a pack, and how long it was there. */
export interface Inflated {
  readonly content: Buffer;
  readonly packedBytes: number;
}

/** Unpacks the zlib stream at `offset`, which must give exactly `size` bytes. */
export function inflateAt(pack: BlockReader, offset: number, size: number): Inflated {
  // A sound encoder needs at most this much; one that does not is met with all that is left.
  let room = size + Math.ceil(size / 1000) + 64;
  for (;;) {
    const input = pack.read(offset, room);
    try {
      return inflateExactly(input, size);
    } catch (cause) {
      const cutOff = (cause as NodeJS.ErrnoException).code === "Z_BUF_ERROR";
      if (!cutOff || offset + room >= pack.size) {
        throw new CorruptObjectError(`the pack is damaged at byte ${offset}`, { cause });
      }
      room *= 8;
    }
  }
}

function inflateExactly(input: Buffer, size: number): Inflated {
  const { buffer, engine } = inflateWithInfo(input, {
    info: true,
    // One byte more than needed, so that zlib sees the end of the stream in the first round.
    chunkSize: Math.max(64, size + 1),
    maxOutputLength: size + 1,
  });
  if (buffer.length !== size) {
    throw new CorruptObjectError(`an object of ${size} bytes unpacks to ${buffer.length}`);
  }
  return { content: buffer, packedBytes: engine.bytesWritten };
}
