import { createHash } from "node:crypto";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { refusalOf } from "./advertisement.js";
import { type SourceLimits, tooLarge } from "./limits.js";
import { openBlockReader } from "./objects/block-reader.js";
import { CorruptObjectError } from "./objects/git-object.js";
import { indexPack } from "./objects/index-pack.js";
import type { ObjectStore } from "./objects/object-store.js";
import { packHeaderBytes, packTrailerBytes } from "./objects/pack-entry.js";
import { encodePackIndex } from "./objects/pack-index.js";
import { encodePacket, flushPacket, readPackets, truncated } from "./pkt-line.js";
import { SourceError } from "./source-error.js";

/** Where a pack goes. */
export interface PackTarget {
  /** The `objects/pack` folder. */
  readonly folder: string;
  readonly store: ObjectStore;
  readonly limits: SourceLimits;
}

/** What was left of an answer once its pack was stored. */
export interface ReceivedPack {
  /** The answer with a pack of no objects, for isomorphic-git. */
  readonly answer: Buffer;
  readonly objects: number;
}

/** Names that a pack has before it is whole; what is left of them after a crash is removed. */
export const incomingPrefix = "incoming-";

const progressBand = 2;
const errorBand = 3;

/**
 * Takes the pack out of the answer to a fetch (protocol 1, side-band-64k) and stores it: streamed to
 * disk, checked against its checksum, every object unpacked and named, and only then made visible, by
 * renames. Throws, leaving nothing behind, if any byte is missing.
 */
export async function receivePack(
  body: AsyncIterable<Uint8Array>,
  target: PackTarget,
  signal: AbortSignal,
): Promise<ReceivedPack> {
  const incoming = join(target.folder, `${incomingPrefix}${process.pid}.pack`);
  try {
    const { head, checksum } = await writePack(body, incoming, target.limits);
    const objects =
      checksum === undefined ? 0 : await installPack(incoming, checksum, target, signal);
    const answer = [...head, encodePacket(emptyPackPacket()), flushPacket];
    return { answer: Buffer.concat(answer), objects };
  } catch (cause) {
    if (!(cause instanceof CorruptObjectError)) throw cause;
    const message = `the remote sent a damaged pack: ${cause.message}; it will be asked again`;
    throw new SourceError("source/protocol", message, { cause });
  } finally {
    await rm(incoming, { force: true });
    await rm(`${incoming}.idx`, { force: true });
  }
}

async function writePack(
  body: AsyncIterable<Uint8Array>,
  path: string,
  limits: SourceLimits,
): Promise<{ head: readonly Buffer[]; checksum: Buffer | undefined }> {
  const head: Buffer[] = [];
  const file = await open(path, "w");
  const check = createTrailerCheck();
  let bytes = 0;
  let ended = false;
  try {
    for await (const packet of readPackets(body)) {
      if (packet.kind !== "data") {
        ended = bytes > 0;
        if (bytes === 0) head.push(flushPacket);
        continue;
      }
      const band = packet.data[0] ?? progressBand;
      if (band === errorBand) throw refusalOf(packet.data.toString("utf8", 1));
      if (band === progressBand) continue;
      if (band > errorBand) {
        if (packet.data.toString("latin1", 0, 4) === "ERR ") {
          throw refusalOf(packet.data.toString("utf8", 4));
        }
        head.push(encodePacket(packet.data));
        continue;
      }
      const data = packet.data.subarray(1);
      bytes += data.length;
      if (bytes > limits.maxPackBytes) throw tooLarge("the remote's pack", "maxPackBytes", limits);
      check.update(data);
      // `write` may write a part only; this writes all.
      await file.appendFile(data);
    }
  } finally {
    await file.close();
  }
  if (bytes === 0) return { head, checksum: undefined };
  if (!ended || bytes < packHeaderBytes + packTrailerBytes) throw truncated();
  return { head, checksum: check.verify() };
}

async function installPack(
  incoming: string,
  checksum: Buffer,
  target: PackTarget,
  signal: AbortSignal,
): Promise<number> {
  const path = join(target.folder, `pack-${checksum.toString("hex")}.pack`);
  const context = target.store.packContext();
  const pack = openBlockReader(incoming);
  let index: Buffer;
  let objects: number;
  try {
    const found = await indexPack(pack, { ...context, limits: target.limits, signal });
    objects = found.length;
    index = encodePackIndex(found, checksum);
  } finally {
    pack.close();
  }
  if (objects === 0) return objects;
  await writeFile(`${incoming}.idx`, index);
  // A pack without an index does not count, so the index comes last.
  await rename(incoming, path);
  await rename(`${incoming}.idx`, path.replace(/\.pack$/, ".idx"));
  target.store.addPack(path, context);
  return objects;
}

/** Hashes all but the last 20 bytes, which must be the hash. */
function createTrailerCheck(): { update(data: Buffer): void; verify(): Buffer } {
  const hash = createHash("sha1");
  let tail: Buffer = Buffer.alloc(0);
  return {
    update(data) {
      const bytes = Buffer.concat([tail, data]);
      const end = Math.max(0, bytes.length - packTrailerBytes);
      hash.update(bytes.subarray(0, end));
      tail = Buffer.from(bytes.subarray(end));
    },
    verify() {
      if (!hash.digest().equals(tail)) {
        throw new CorruptObjectError("its checksum does not match its content");
      }
      return tail;
    },
  };
}

function emptyPackPacket(): Buffer {
  const pack = Buffer.alloc(packHeaderBytes);
  pack.write("PACK");
  pack.writeUInt32BE(2, 4);
  return Buffer.concat([Buffer.from([1]), pack, createHash("sha1").update(pack).digest()]);
}
