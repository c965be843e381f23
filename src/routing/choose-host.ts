import { isIP } from "node:net";
import type { ChainRoutes, HostRoutes } from "./route-table.js";

/** The filter chain that a connection is served by, if any: the most specific server name has it. */
export function chooseChain(
  chains: readonly ChainRoutes[],
  scheme: "http" | "https",
  serverName: string,
): ChainRoutes | undefined {
  const fitting = chains.filter((chain) => chain.scheme === scheme);
  if (scheme === "http") return fitting[0];
  for (const name of namesOver(serverName.toLowerCase())) {
    const found = fitting.find(({ serverNames }) => serverNames.includes(name));
    if (found !== undefined) return found;
  }
  return fitting.find(({ serverNames }) => serverNames.length === 0);
}

/** Of `a.b.c`: `a.b.c`, `*.b.c`, `*.c`. An address is never sent as a server name. */
function namesOver(name: string): readonly string[] {
  if (name === "" || isIP(name.replaceAll(/[[\]]/g, "")) !== 0) return [];
  const labels = name.split(".");
  return [name, ...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join(".")}`)];
}

/** The virtual host that answers, and the domain by which it was chosen. */
export interface ChosenHost {
  readonly host: HostRoutes;
  readonly domain: string;
}

/**
 * Chooses as Envoy does: the exact domain, else the longest `*.suffix`, else the longest `prefix.*`,
 * else `*`. Upper and lower case are the same; a `*` stands for at least one character.
 */
export function chooseHost(
  hosts: readonly HostRoutes[],
  authority: string,
): ChosenHost | undefined {
  const wanted = authority.toLowerCase();
  let best: ChosenHost | undefined;
  let bestRank = 0;
  for (const host of hosts) {
    for (const domain of host.domains) {
      const rank = rankOf(domain.toLowerCase(), wanted);
      if (rank > bestRank) {
        best = { host, domain };
        bestRank = rank;
      }
    }
  }
  return best;
}

/** More than any domain is long. */
const step = 100_000;

/** 0: it does not match. */
function rankOf(domain: string, wanted: string): number {
  if (domain === wanted) return 4 * step;
  if (domain === "*") return 1;
  if (wanted.length < domain.length) return 0;
  if (domain.startsWith("*"))
    return wanted.endsWith(domain.slice(1)) ? 2 * step + domain.length : 0;
  if (!domain.endsWith("*")) return 0;
  return wanted.startsWith(domain.slice(0, -1)) ? step + domain.length : 0;
}
