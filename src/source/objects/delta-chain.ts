import { invariant } from "../../lib/invariant.js";
import type { BlockReader } from "./block-reader.js";
import { applyDelta, deltaResultSize } from "./delta.js";
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

/** An object that is larger than the reader wanted, and was not unpacked. */
export interface Oversize {
  /** Bytes of its content. */
  readonly size: number;
}

/** Unpacks the object at `offset`. */
export function readDeltified(
  pack: BlockReader,
  offset: number,
  context: DeltaContext,
): CachedObject {
  const object = readWithin(pack, offset, Infinity, context);
  invariant(!("size" in object), "an object is larger than infinite");
  return object;
}

/**
 * Unpacks the object at `offset` if it is of at most `maxBytes`. The deltas of a chain are unwound
 * without recursion, since there may be thousands.
 */
export function readWithin(
  pack: BlockReader,
  offset: number,
  maxBytes: number,
  context: DeltaContext,
): CachedObject | Oversize {
  const deltas: Buffer[] = [];
  let chainBytes = 0;
  let base: CachedObject | undefined;
  for (let at = offset; (base = context.recall(at)) === undefined;) {
    const { content, dataOffset, size } = readPackEntry(pack, at);
    if (content.kind === "whole" && at === offset && size > maxBytes) return { size };
    if (content.kind !== "whole") chainBytes += size + 64;
    // A chain that bites its own tail ends here too.
    if (chainBytes > maxChainBytes) throw new CorruptObjectError("a chain of deltas has no end");
    const data = inflateAt(pack, dataOffset, size).content;
    if (content.kind === "whole") {
      base = { type: content.type, content: data };
      context.remember(at, base);
      break;
    }
    if (at === offset && deltaResultSize(data) > maxBytes) return { size: deltaResultSize(data) };
    deltas.push(data);
    const below =
      content.kind === "offset-delta" ? content.baseOffset : context.offsetOf(content.baseOid);
    if (below === undefined && content.kind === "ref-delta") {
      base = context.outside(content.baseOid);
      break;
    }
    at = below ?? 0;
  }
  if (deltas.length === 0) {
    return base.content.length > maxBytes ? { size: base.content.length } : base;
  }
  let content = base.content;
  while (deltas.length > 0) content = applyDelta(content, deltas.pop() ?? Buffer.alloc(0));
  const object = { type: base.type, content };
  context.remember(offset, object);
  return object;
}
