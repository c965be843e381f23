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

/** The domains of virtual hosts, as they are looked through. */
interface DomainIndex {
  readonly exact: ReadonlyMap<string, ChosenHost>;
  /** Longest first. */
  readonly suffixes: readonly Wildcard[];
  readonly prefixes: readonly Wildcard[];
  readonly any: ChosenHost | undefined;
}

interface Wildcard extends ChosenHost {
  /** In lower case, without its `*`. */
  readonly text: string;
}

// Many requests are looked up among the same hosts.
const indexes = new WeakMap<readonly HostRoutes[], DomainIndex>();

/**
 * Chooses as Envoy does: the exact domain, else the longest `*.suffix`, else the longest `prefix.*`,
 * else `*`. Upper and lower case are the same; a `*` stands for at least one character.
 */
export function chooseHost(
  hosts: readonly HostRoutes[],
  authority: string,
): ChosenHost | undefined {
  let index = indexes.get(hosts);
  if (index === undefined) indexes.set(hosts, (index = indexOf(hosts)));
  const wanted = authority.toLowerCase();
  const { exact, suffixes, prefixes, any } = index;
  const isShorter = ({ text }: Wildcard): boolean => text.length < wanted.length;
  const found =
    exact.get(wanted) ??
    suffixes.find((own) => isShorter(own) && wanted.endsWith(own.text)) ??
    prefixes.find((own) => isShorter(own) && wanted.startsWith(own.text)) ??
    any;
  return found && { host: found.host, domain: found.domain };
}

function indexOf(hosts: readonly HostRoutes[]): DomainIndex {
  const exact = new Map<string, ChosenHost>();
  const suffixes: Wildcard[] = [];
  const prefixes: Wildcard[] = [];
  let any: ChosenHost | undefined;
  for (const host of hosts) {
    for (const domain of host.domains) {
      const text = domain.toLowerCase();
      if (text === "*") any ??= { host, domain };
      else if (text.startsWith("*")) suffixes.push({ host, domain, text: text.slice(1) });
      else if (text.endsWith("*")) prefixes.push({ host, domain, text: text.slice(0, -1) });
      else if (!exact.has(text)) exact.set(text, { host, domain });
    }
  }
  const longestFirst = (a: Wildcard, b: Wildcard): number => b.text.length - a.text.length;
  return {
    exact,
    suffixes: suffixes.sort(longestFirst),
    prefixes: prefixes.sort(longestFirst),
    any,
  };
}
