import type { Clock } from "../../lib/clock.js";
import { dropOldest } from "../../lib/drop-oldest.js";
import type { ServeEvent } from "../../serve/serve-events.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { RoleAcknowledgements } from "../commits/commit-record.js";
import type { Release } from "../releases/release.js";

/** Who has taken what is served. */
export interface Acknowledgements {
  /** By role, in the order of first answers; the fallback's is `""`. */
  of(oid: string): TakersByRole;
  /** Listens no more, and notes what has not been noted yet. */
  close(): void;
}

export type TakersByRole = Readonly<Record<string, RoleAcknowledgements>>;

export interface AcknowledgementsOptions {
  readonly server: { onEvent(listener: (event: ServeEvent) => void): () => void };
  readonly clock: Pick<Clock, "after">;
  readonly serving: () => Release | undefined;
  /**
   * Is told who has taken a commit, also long after it went live: a few seconds after somebody new did,
   * since many come at once and whoever is told may write to disk.
   */
  readonly note: (commit: CommitInfo, by: TakersByRole) => void;
}

/** Node ids given of each role. */
const maxNodes = 20;
/** Node ids of one role that are told apart: in a fleet that grows and shrinks they change for ever. */
const maxCounted = 10_000;
/** Commits kept: only those before Envoys are asked about. */
const maxCommits = 8;
const noteAfterMs = 5_000;

/** Starts to listen. An Envoy that was sent nothing, since nothing changed for it, does not show. */
export function followAcknowledgements(options: AcknowledgementsOptions): Acknowledgements {
  const { server, clock, serving, note } = options;
  const byCommit = new Map<string, Map<string, Set<string>>>();
  const unnoted = new Map<string, CommitInfo>();
  let cancelNote: (() => void) | undefined;

  const of = (oid: string): TakersByRole =>
    Object.fromEntries(
      [...(byCommit.get(oid) ?? [])].map(([role, nodes]) => [
        role,
        { count: nodes.size, nodes: [...nodes].slice(0, maxNodes) },
      ]),
    );
  const noteAll = (): void => {
    cancelNote = undefined;
    for (const [oid, commit] of unnoted) note(commit, of(oid));
    unnoted.clear();
  };
  const stopListening = server.onEvent((event) => {
    if (event.kind !== "ack") return;
    const release = serving();
    if (release === undefined || release.snapshot.id !== event.snapshotId) return;
    const { commit } = release;
    const { role = "", nodeId } = event.envoy;
    const roles = byCommit.get(commit.oid) ?? new Map<string, Set<string>>();
    byCommit.set(commit.oid, roles);
    dropOldest(byCommit, maxCommits);
    const nodes = roles.get(role) ?? new Set();
    roles.set(role, nodes);
    if (nodes.has(nodeId) || nodes.size >= maxCounted) return;
    nodes.add(nodeId);
    unnoted.set(commit.oid, commit);
    cancelNote ??= clock.after(noteAfterMs, noteAll);
  });

  return {
    of,
    close() {
      stopListening();
      cancelNote?.();
      noteAll();
    },
  };
}
