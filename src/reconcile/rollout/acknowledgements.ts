import { dropOldest } from "../../lib/drop-oldest.js";
import type { ServeEvent } from "../../serve/serve-events.js";
import type { RoleAcknowledgements } from "../commits/commit-record.js";
import type { Release } from "../releases/release.js";

/** Who has taken what is served. */
export interface Acknowledgements {
  /** By role, in the order of first answers; the fallback's is `""`. */
  of(oid: string): Readonly<Record<string, RoleAcknowledgements>>;
  close(): void;
}

/** Node ids kept of each role. */
const maxNodes = 20;
/** Commits kept: only those before Envoys are asked about. */
const maxCommits = 8;

/** Starts to listen. An Envoy that was sent nothing, since nothing changed for it, does not show. */
export function followAcknowledgements(
  server: { onEvent(listener: (event: ServeEvent) => void): () => void },
  serving: () => Release | undefined,
): Acknowledgements {
  const byCommit = new Map<string, Map<string, Set<string>>>();
  const close = server.onEvent((event) => {
    if (event.kind !== "ack") return;
    const release = serving();
    if (release === undefined || release.snapshot.id !== event.snapshotId) return;
    const { oid } = release.commit;
    const roles = byCommit.get(oid) ?? new Map<string, Set<string>>();
    byCommit.set(oid, roles);
    const role = event.envoy.role ?? "";
    roles.set(role, (roles.get(role) ?? new Set()).add(event.envoy.nodeId));
    dropOldest(byCommit, maxCommits);
  });
  return {
    of: (oid) =>
      Object.fromEntries(
        [...(byCommit.get(oid) ?? [])].map(([role, nodes]) => [
          role,
          { count: nodes.size, nodes: [...nodes].slice(0, maxNodes) },
        ]),
      ),
    close,
  };
}
