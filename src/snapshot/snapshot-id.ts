import { typeUrls } from "../envoy/type-urls.js";
import { contentHash } from "../lib/content-hash.js";
import type { RoleSnapshot, Snapshot } from "./snapshot.js";

/** `Snapshot.id`: a content hash over the versions of all sets of all roles. */
export function snapshotIdOf({ roles, fallback }: Pick<Snapshot, "roles" | "fallback">): string {
  return contentHash(...partsOf([...roles.values(), fallback], () => true));
}

/** A content hash as `Snapshot.id`, but the same whatever endpoints were found. */
export function configVersionOf({ roles, fallback }: Snapshot): string {
  const isConfig = (typeUrl: string): boolean => typeUrl !== typeUrls.endpoints;
  return contentHash(...partsOf([...roles.values(), fallback], isConfig));
}

function partsOf(
  roles: readonly RoleSnapshot[],
  wanted: (typeUrl: string) => boolean,
): readonly string[] {
  const parts: string[] = [];
  for (const { role, sets } of roles) {
    const chosen = [...sets].filter(([typeUrl]) => wanted(typeUrl));
    parts.push(role, String(chosen.length));
    for (const [typeUrl, { version }] of chosen) parts.push(typeUrl, version);
  }
  return parts;
}
