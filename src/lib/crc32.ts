import { lazy } from "./lazy.js";

const table = lazy(() =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  }),
);

/** The CRC-32 of zlib (zlib's own is in node only from 20.15 on). `before` is that of what comes before. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const steps = table();
  let value = ~before;
  for (const byte of bytes) value = (value >>> 8) ^ (steps[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}
