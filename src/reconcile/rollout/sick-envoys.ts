import { dropOldest } from "../../lib/drop-oldest.js";
import type { EnvoyId, Exchange, ServeEvent } from "../../serve/serve-events.js";

/**
 * Envoys that refuse what others have taken: a port that another process has, a full disk. What they
 * say about a new commit says nothing about the commit, so it must not count. By type: an Envoy that
 * cannot open a listener is still a judge of routes.
 */
export interface SickEnvoys {
  has(exchange: Pick<Exchange, "envoy" | "typeUrl">): boolean;
  /** It refuses what is known to be good. */
  add(exchange: Pick<Exchange, "envoy" | "typeUrl">): void;
  take(event: ServeEvent): void;
}

/** Nodes that were sick when they left, remembered at most. */
const maxGone = 10_000;

/** Starts with everybody healthy. */
export function createSickEnvoys(): SickEnvoys {
  const byStream = new Map<number, Set<string>>();
  /** By node, for when it connects again: a control plane or an Envoy may restart at any time. */
  const gone = new Map<string, ReadonlySet<string>>();

  const leave = ({ stream, nodeId }: EnvoyId): void => {
    const types = byStream.get(stream);
    byStream.delete(stream);
    if (types === undefined || types.size === 0) return;
    gone.delete(nodeId);
    gone.set(nodeId, types);
    dropOldest(gone, maxGone);
  };

  return {
    has: ({ envoy, typeUrl }) => byStream.get(envoy.stream)?.has(typeUrl) === true,
    add({ envoy, typeUrl }) {
      const types = byStream.get(envoy.stream) ?? new Set();
      byStream.set(envoy.stream, types.add(typeUrl));
    },
    take(event) {
      const { stream, nodeId } = event.envoy;
      if (event.kind === "connected") {
        const types = gone.get(nodeId);
        if (types !== undefined) byStream.set(stream, new Set(types));
      } else if (event.kind === "disconnected") {
        leave(event.envoy);
      } else if (event.kind === "ack") {
        byStream.get(stream)?.delete(event.typeUrl);
        // Several Envoys may share a node id: one that is well speaks for those that will come.
        const left = gone.get(nodeId);
        if (left?.has(event.typeUrl)) {
          gone.set(nodeId, new Set([...left].filter((typeUrl) => typeUrl !== event.typeUrl)));
        }
      }
    },
  };
}
