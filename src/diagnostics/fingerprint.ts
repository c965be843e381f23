import { contentHash } from "../lib/content-hash.js";
import type { Diagnostic } from "./diagnostic.js";

/**
 * Identifies each diagnostic of a list, whichever line it stands on: 20 hex digits, no two the same. It
 * is made of the code, the object (or, without one, the file), the pointer and the message, so it stays
 * while lines and files move. Of several that agree in all of that, the later ones count on.
 */
export function fingerprintsOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  const seen = new Map<string, number>();
  return diagnostics.map((found) => {
    const key = JSON.stringify(identityOf(found));
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return contentHash(key, String(count));
  });
}

/** What a diagnostic is about, apart from where that stands. */
export function identityOf(found: Diagnostic): readonly string[] {
  const { code, resource, pointer = "", message, location } = found;
  const subject = resource ? `${resource.kind}/${resource.name}` : (location?.file ?? "");
  return [code, subject, pointer, message];
}
