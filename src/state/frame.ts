import { createHash } from "node:crypto";

/** What every journal file starts with. */
export const journalMagic = Buffer.from("GLOOJRN2", "latin1");

const hashBytes = 8;
const headBytes = 4 + hashBytes;

/** One record as it lies on disk: length, checksum, payload. */
export function frame(payload: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(payload.byteLength);
  checksum(payload).copy(head, 4);
  return Buffer.concat([head, payload]);
}

/** The valid records at the start of a file's bytes, and where they end. */
export interface Frames {
  readonly payloads: readonly Buffer[];
  /** Everything from here on is torn or foreign. 0: this is no journal. */
  readonly validBytes: number;
}

/** Reads records up to the first that is cut off or damaged. Payloads share the memory of `bytes`. */
export function readFrames(bytes: Buffer): Frames {
  const payloads: Buffer[] = [];
  if (!bytes.subarray(0, journalMagic.length).equals(journalMagic)) {
    return { payloads, validBytes: 0 };
  }
  let offset = journalMagic.length;
  while (offset + headBytes <= bytes.length) {
    const start = offset + headBytes;
    const end = start + bytes.readUInt32BE(offset);
    if (end > bytes.length) break;
    const payload = bytes.subarray(start, end);
    if (!checksum(payload).equals(bytes.subarray(offset + 4, start))) break;
    payloads.push(payload);
    offset = end;
  }
  return { payloads, validBytes: offset };
}

function checksum(payload: Uint8Array): Buffer {
  return createHash("sha256").update(payload).digest().subarray(0, hashBytes);
}
