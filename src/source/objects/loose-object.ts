import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { inflateSync, constants } from "node:zlib";
import { CorruptObjectError, type ObjectType } from "./git-object.js";

/** A loose object, or what its head says of it. */
export interface LooseObject {
  readonly type: ObjectType;
  /** Bytes of the whole content. */
  readonly size: number;
  /** Empty when only the head was asked for. */
  readonly content: Buffer;
}

/** Unpacked, a loose object may be this large; larger ones are packed by Git (core.bigFileThreshold). */
const maxLooseBytes = 512 * 1024 * 1024;

/** Reads the file of a loose object; undefined if there is none. */
export function readLooseObject(
  path: string,
  part: "all" | "head" = "all",
): LooseObject | undefined {
  let packed: Buffer;
  try {
    packed = part === "all" ? readFileSync(path) : readStart(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
  const bytes = inflate(packed, part);
  const end = bytes.indexOf(0);
  const head = /^(commit|tree|blob|tag) ([0-9]{1,15})$/.exec(bytes.toString("latin1", 0, end));
  if (end < 0 || head === null) throw new CorruptObjectError("a loose object has no head");
  const size = Number(head[2]);
  // The expression above lets no other words through.
  const type = head[1] as ObjectType;
  if (part === "head") return { type, size, content: Buffer.alloc(0) };
  const content = bytes.subarray(end + 1);
  if (content.length !== size) throw new CorruptObjectError("a loose object is cut off");
  return { type, size, content };
}

/** The first bytes of a file: enough for the head of an object, however large it is. */
function readStart(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(128);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

function inflate(packed: Buffer, part: "all" | "head"): Buffer {
  try {
    if (part === "all") return inflateSync(packed, { maxOutputLength: maxLooseBytes });
    // That the stream goes on is no error.
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw new CorruptObjectError("a loose object is damaged", { cause });
  }
}
