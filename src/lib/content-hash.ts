import { createHash } from "node:crypto";

/**
 * The content hash that versions and keys are made of: the first 80 bits of SHA-256, in 20 hex
 * digits. Each part is hashed with its length before it, so ("ab", "c") and ("a", "bc") differ.
 */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  const length = Buffer.allocUnsafe(4);
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    length.writeUInt32BE(bytes.byteLength);
    hash.update(length).update(bytes);
  }
  return hash.digest("hex").slice(0, 20);
}
