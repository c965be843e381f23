import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { constants, inflateSync } from "node:zlib";
import type { Oversize } from "./delta-chain.js";
import { CorruptObjectError, type GitObject, type ObjectType } from "./git-object.js";

/** Unpacked, a loose object may be this large; larger ones are packed by Git (core.bigFileThreshold). */
const maxLooseBytes = 512 * 1024 * 1024;
/** Bytes of the head of an object, and what compressing may add to small content. */
const headBytes = 128;

/** Reads the file of a loose object if it is of at most `maxBytes`; undefined if there is no file. */
export function readLooseObject(
  path: string,
  maxBytes = Infinity,
): GitObject | Oversize | undefined {
  const limit = Math.min(maxBytes, maxLooseBytes);
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
  try {
    const start = Buffer.alloc(headBytes);
    const { type, size, end } = readHead(start.subarray(0, readSync(file, start, 0, headBytes, 0)));
    if (size > limit) return { size };
    // Compressing adds a thousandth at most, so that a file much larger than this is not honest.
    if (fstatSync(file).size > size * 1.01 + 2 * headBytes) throw broken("is larger than it says");
    const content = inflate(readFileSync(file), size + end + 1).subarray(end);
    if (content.length !== size) throw broken("is cut off");
    return { type, content };
  } finally {
    closeSync(file);
  }
}

function readHead(start: Buffer): { type: ObjectType; size: number; end: number } {
  const bytes = inflate(start, headBytes * 1024, constants.Z_SYNC_FLUSH);
  const end = bytes.indexOf(0);
  const head = /^(commit|tree|blob|tag) ([0-9]{1,15})$/.exec(bytes.toString("latin1", 0, end));
  if (end < 0 || head === null) throw broken("has no head");
  // The expression above lets no other words through.
  return { type: head[1] as ObjectType, size: Number(head[2]), end: end + 1 };
}

/** With `Z_SYNC_FLUSH`, that the stream goes on after the input is no error. */
function inflate(packed: Buffer, maxOutputLength: number, finishFlush?: number): Buffer {
  try {
    return inflateSync(packed, {
      maxOutputLength,
      ...(finishFlush === undefined ? {} : { finishFlush }),
    });
  } catch (cause) {
    throw broken("is damaged", cause);
  }
}

function broken(how: string, cause?: unknown): CorruptObjectError {
  return new CorruptObjectError(`a loose object ${how}`, { cause });
}
