import type { EnvoyStatus } from "../../serve/serve-events.js";
import type { SickEnvoys } from "./sick-envoys.js";
import type { Nack } from "./trial.js";
import type { Votes } from "./veto-policy.js";

/** How the Envoys of each role that somebody refuses for stand to it. */
export function countVotes(
  nacks: readonly Nack[],
  connected: readonly EnvoyStatus[],
  sick: SickEnvoys,
): ReadonlyMap<string, Votes> {
  const refusing = new Set(nacks.map(({ envoy }) => envoy.stream));
  const roles = new Set(nacks.map(({ envoy }) => envoy.role));
  return new Map(
    [...roles].map((role) => {
      const voters = new Set<string>();
      const against = new Set<string>();
      for (const status of connected) {
        const { envoy, types } = status;
        if (envoy.role !== role) continue;
        if (refusing.has(envoy.stream)) against.add(voterOf(status));
        const isSick = [...types.keys()].some((typeUrl) => sick.has({ envoy, typeUrl }));
        if (!isSick || refusing.has(envoy.stream)) voters.add(voterOf(status));
      }
      return [role ?? "", { voters: voters.size, against: against.size }];
    }),
  );
}

/** An Envoy that uses single services has several streams, and its node id ties them together. */
function voterOf({ envoy, service }: EnvoyStatus): string {
  return service === "ADS" ? `stream ${envoy.stream}` : `node ${envoy.nodeId}`;
}
