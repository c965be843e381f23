import type { RoleSnapshot } from "../snapshot/snapshot.js";
import { kindOfType } from "./kind-of-type.js";

/** The number of resources of a role by kind. */
export function countsByKind(role: RoleSnapshot): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...role.sets].map(([typeUrl, set]) => [kindOfType(typeUrl), set.resources.size]),
  );
}
