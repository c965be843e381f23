import { compareText } from "../lib/compare.js";
import type { RoleSnapshot, Snapshot } from "../snapshot/snapshot.js";
import type { EnvironmentRoles } from "./environment-roles.js";

/** What one environment serves. */
export interface EnvironmentSnapshot {
  readonly roles: EnvironmentRoles;
  readonly snapshot: Snapshot;
}

/**
 * One snapshot with the roles of all environments, as Envoys call them. Sets of resources are the same
 * objects: what one environment changes is no change for the Envoys of another. Envoys of no environment
 * get the fallback of the first.
 */
export function joinSnapshots(
  parts: readonly [EnvironmentSnapshot, ...EnvironmentSnapshot[]],
): Snapshot {
  const roles = parts.flatMap(({ roles: names, snapshot }) =>
    [...snapshot.roles.values()].map((role): RoleSnapshot => {
      return { role: names.outsideOf(role.role), sets: role.sets };
    }),
  );
  roles.sort((left, right) => compareText(left.role, right.role));
  const join = (of: (snapshot: Snapshot) => string): string =>
    parts.map(({ roles: { environment }, snapshot }) => `${environment}=${of(snapshot)}`).join(" ");
  return {
    id: join(({ id }) => id),
    commit: join(({ commit }) => commit),
    roles: new Map(roles.map((role) => [role.role, role])),
    fallback: parts[0].snapshot.fallback,
  };
}

/** The id of an environment's own snapshot within that of a joint one; empty: it has no part in it. */
export function partOfId(jointId: string, environment: string): string {
  const part = jointId.split(" ").find((each) => each.startsWith(`${environment}=`));
  return part?.slice(environment.length + 1) ?? "";
}
