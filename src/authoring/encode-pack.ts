import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import type { ObjectType } from "../source/objects/git-object.js";
import type { NewObject } from "./new-object.js";

const typeNumbers: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** A pack (version 2) that holds these objects, each whole. */
export function encodePack(objects: readonly NewObject[]): Buffer {
  const head = Buffer.alloc(12);
  head.write("PACK");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const parts = objects.flatMap(({ type, content }) => [
    entryHead(typeNumbers[type], content.length),
    deflateSync(content),
  ]);
  const pack = Buffer.concat([head, ...parts]);
  return Buffer.concat([pack, createHash("sha1").update(pack).digest()]);
}

/** Four bits of the size beside the type, then seven a byte. */
function entryHead(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let byte = (type << 4) | (size & 0x0f);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
  }
  bytes.push(byte);
  return Buffer.from(bytes);
}
