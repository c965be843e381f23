import type { BlockReader } from "./block-reader.js";
import { applyDelta } from "./delta.js";
import { CorruptObjectError, type GitObject } from "./git-object.js";
import { inflateAt } from "./inflate.js";
import type { CachedObject } from "./object-cache.js";
import { readPackEntry } from "./pack-entry.js";

/** What unwinding the deltas of a pack needs to know. */
export interface DeltaContext {
  /** An object of this pack that was unpacked lately, by offset. */
  recall(offset: number): CachedObject | undefined;
  /** Offers an unpacked object for `recall`. */
  remember(offset: number, object: CachedObject): void;
  /** Where an object is in this pack; undefined if it is not in it. */
  offsetOf(oid: string): number | undefined;
  /** Reads the base of a delta that is not in this pack. Throws if it is nowhere. */
  outside(oid: string): GitObject;
}

/** Deltas that make one object, together, at most: Git makes chains of 50, of a few kilobytes. */
const maxChainBytes = 256 * 1024 * 1024;

/**
 * Unpacks the object at `offset`. The deltas of a chain are unwound without recursion, since there
 * may be thousands.
 */
export function readDeltified(
  pack: BlockReader,
  offset: number,
  context: DeltaContext,
): CachedObject {
  const deltas: Buffer[] = [];
  let chainBytes = 0;
  let base: CachedObject | undefined;
  for (let at = offset; (base = context.recall(at)) === undefined;) {
    const { content, dataOffset, size } = readPackEntry(pack, at);
    if (content.kind !== "whole") chainBytes += size + 64;
    // A chain that bites its own tail ends here too.
    if (chainBytes > maxChainBytes) throw new CorruptObjectError("a chain of deltas has no end");
    const data = inflateAt(pack, dataOffset, size).content;
    if (content.kind === "whole") {
      base = { type: content.type, content: data };
      context.remember(at, base);
      break;
    }
    deltas.push(data);
    const below =
      content.kind === "offset-delta" ? content.baseOffset : context.offsetOf(content.baseOid);
    if (below === undefined && content.kind === "ref-delta") {
      base = context.outside(content.baseOid);
      break;
    }
    at = below ?? 0;
  }
  if (deltas.length === 0) return base;
  let content = base.content;
  while (deltas.length > 0) content = applyDelta(content, deltas.pop() ?? Buffer.alloc(0));
  const object = { type: base.type, content };
  context.remember(offset, object);
  return object;
}
