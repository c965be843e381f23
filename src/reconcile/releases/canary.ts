import { snapshotIdOf } from "../../snapshot/snapshot-id.js";
import type { Release } from "./release.js";

/**
 * The release that brings `whole` to the canary role while all other roles keep what they have.
 * Undefined: nothing changes for others, so there is nothing to wait for.
 */
export function canaryOf(
  whole: Release,
  before: Pick<Release, "snapshot" | "sealed">,
  role: string,
): Release | undefined {
  const { commit, snapshot } = whole;
  const roles = new Map(before.snapshot.roles);
  const canary = snapshot.roles.get(role);
  if (canary === undefined) roles.delete(role);
  else roles.set(role, canary);
  // Roles are in the order of names.
  const inOrder = new Map([...roles].sort(([a], [b]) => (a < b ? -1 : 1)));
  const parts = { roles: inOrder, fallback: before.snapshot.fallback };
  const id = snapshotIdOf(parts);
  if (id === snapshot.id) return undefined;
  const sealed = [...(whole.sealed ?? []), ...(before.sealed ?? [])];
  const byPath = new Map(sealed.reverse().map((copy) => [copy.path, copy]));
  return {
    commit,
    snapshot: { id, commit: commit.oid, ...parts },
    made: whole.made,
    isCanary: true,
    whole,
    ...(byPath.size === 0 ? {} : { sealed: [...byPath.values()] }),
  };
}
