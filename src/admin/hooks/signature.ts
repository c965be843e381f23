import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Verdict } from "./hook-kind.js";

/** The value of a header that may be there once; one that is there twice is worth nothing. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * Judges an HMAC-SHA256 of the body in hexadecimal, after `prefix`. Every secret is tried, whichever
 * is right, and comparing takes the same time wherever the first difference is.
 */
export function verifyHexHmac(
  signature: string | undefined,
  prefix: string,
  body: Buffer,
  secrets: readonly string[],
): Verdict {
  if (signature === undefined) return "missing";
  const hex = signature.startsWith(prefix) ? signature.slice(prefix.length) : "";
  if (!/^[0-9a-f]{64}$/i.test(hex)) return "bad";
  const given = Buffer.from(hex, "hex");
  const right = secrets.map((secret) =>
    timingSafeEqual(given, createHmac("sha256", secret).update(body).digest()),
  );
  return right.includes(true) ? "good" : "bad";
}
