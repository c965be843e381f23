import type { EnvoyStatus, TypeStatus } from "../serve/serve-events.js";
import type { EnvoyView, StatusResponse } from "./api-types.js";
import { kindOfType } from "./kind-of-type.js";
import { isoOf } from "./time.js";

/** One stream of an Envoy, as the API shows it. */
export function envoyView(status: EnvoyStatus): EnvoyView {
  return {
    nodeId: status.envoy.nodeId,
    role: status.envoy.role ?? null,
    cluster: status.cluster,
    envoyVersion: status.envoyVersion,
    peer: status.peer,
    variant: status.variant,
    service: status.service,
    connectedAt: isoOf(status.connectedAtMs),
    state: streamState(status),
    types: [...status.types].map(([typeUrl, type]) => ({
      kind: kindOfType(typeUrl),
      subscribed: type.subscribed.length,
      sentVersion: type.sentVersion ?? null,
      ackedVersion: type.ackedVersion ?? null,
      lastNack: type.lastNack
        ? {
            version: type.lastNack.version,
            message: type.lastNack.message,
            at: isoOf(type.lastNack.atMs),
          }
        : null,
    })),
  };
}

type State = EnvoyView["state"];

function streamState({ types }: EnvoyStatus): State {
  if (types.size === 0) return "pending";
  return worst([...types.values()].map(typeState));
}

function typeState({ sentVersion, ackedVersion, lastNack }: TypeStatus): State {
  if (sentVersion !== undefined && sentVersion === ackedVersion) return "current";
  // A refusal of a version that has been replaced since says nothing about what was sent last.
  return lastNack !== undefined && lastNack.version === sentVersion ? "nack" : "pending";
}

function worst(states: readonly State[]): State {
  return states.includes("nack") ? "nack" : states.includes("pending") ? "pending" : "current";
}

/** How the Envoys are, each counted once, however many streams it has. */
export type FleetView = StatusResponse["envoys"] & {
  /** Node ids of those that are served the fallback. */
  readonly withoutRole: readonly string[];
};

/** Streams of one connection are one Envoy's: it shares a connection among all its services. */
export function fleetView(streams: readonly EnvoyStatus[]): FleetView {
  const envoys = new Map<string, EnvoyStatus[]>();
  for (const stream of streams) {
    const key = JSON.stringify([stream.envoy.nodeId, stream.peer]);
    const known = envoys.get(key);
    if (known === undefined) envoys.set(key, [stream]);
    else known.push(stream);
  }
  const byRole: Record<string, number> = {};
  const withoutRole: string[] = [];
  const states: State[] = [];
  for (const [first, ...others] of envoys.values()) {
    if (first === undefined) continue;
    const { nodeId, role } = first.envoy;
    if (role === undefined) withoutRole.push(nodeId);
    else byRole[role] = (byRole[role] ?? 0) + 1;
    states.push(worst([first, ...others].map(streamState)));
  }
  return {
    connected: envoys.size,
    byRole,
    current: states.filter((state) => state === "current").length,
    nacking: states.filter((state) => state === "nack").length,
    withoutRole,
  };
}
