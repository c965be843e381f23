import type { Snapshot } from "../../snapshot/snapshot.js";

/** Gives what is wrong with a snapshot, by role. Rejects if it cannot judge. */
export type Judge = (
  snapshot: Snapshot,
  signal: AbortSignal,
) => Promise<readonly { readonly role: string; readonly message: string }[]>;
