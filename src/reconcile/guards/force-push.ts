import type { Guard } from "./guard.js";

/** What becomes of commits on a history that was rewritten (a force push). */
export type ForcePushPolicy = "allow" | "hold";

/** With policy `hold`, keeps a history back that what is served is not in. */
export function createForcePushGuard(policy: ForcePushPolicy): Guard {
  return {
    holdOf: ({ isRewritten, served }) =>
      policy === "hold" && isRewritten
        ? {
            kind: "force-push",
            why: `the history was rewritten (force push): commit ${served.commit.oid.slice(0, 8)}, which is served, is not in it`,
          }
        : undefined,
  };
}
