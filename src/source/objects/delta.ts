import { CorruptObjectError } from "./git-object.js";

/** The size of what a delta makes, read from its head. */
export function deltaResultSize(delta: Buffer): number {
  return readSize(delta, readSize(delta, 0).next).value;
}

/** Makes an object from its base and a delta (gitformat-pack, "Deltified representation"). */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const baseSize = readSize(delta, 0);
  const resultSize = readSize(delta, baseSize.next);
  if (baseSize.value !== base.length) throw broken();
  const result = Buffer.allocUnsafe(resultSize.value);
  let from = resultSize.next;
  let to = 0;
  while (from < delta.length) {
    const command = delta[from++] ?? 0;
    if ((command & 0x80) === 0) {
      if (command === 0 || from + command > delta.length) throw broken();
      if (to + command > result.length) throw broken();
      delta.copy(result, to, from, from + command);
      from += command;
      to += command;
      continue;
    }
    let offset = 0;
    let length = 0;
    for (let bit = 0; bit < 4; bit++) {
      if (command & (1 << bit)) offset += (delta[from++] ?? 0) * 2 ** (8 * bit);
    }
    for (let bit = 0; bit < 3; bit++) {
      if (command & (0x10 << bit)) length += (delta[from++] ?? 0) * 2 ** (8 * bit);
    }
    if (length === 0) length = 0x10000;
    if (offset + length > base.length || to + length > result.length) throw broken();
    base.copy(result, to, offset, offset + length);
    to += length;
  }
  if (to !== result.length) throw broken();
  return result;
}

function readSize(delta: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let next = at; next < delta.length && next < at + 7;) {
    const byte = delta[next++] ?? 0;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if ((byte & 0x80) === 0) return { value, next };
  }
  throw broken();
}

function broken(): CorruptObjectError {
  return new CorruptObjectError("a delta does not fit its base");
}
