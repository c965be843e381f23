import { createHash, timingSafeEqual } from "node:crypto";

/** Whether two texts are equal, in a time that says nothing about where they differ. */
export function equalInConstantTime(left: string, right: string): boolean {
  return timingSafeEqual(digestOf(left), digestOf(right));
}

/** Digests are of one length, so that not even the length of the secret shows. */
function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
