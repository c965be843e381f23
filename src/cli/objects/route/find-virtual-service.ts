import type { Client } from "../../../client/create-client.js";
import type { Stored } from "../../../client/stored.js";
import type { VirtualService } from "../../../model/virtual-service.js";
import { CommandError } from "../../io.js";

/** How a virtual service is named on the command line. */
export interface VirtualServiceChoice {
  readonly virtualService?: string;
  readonly domain?: string;
}

/** Whether it answers every host that no other virtual service names. */
export function isDefault({ domains }: Pick<VirtualService, "domains">): boolean {
  return domains.length === 0 || domains.some((domain) => domain === "*" || domain === "");
}

/**
 * The virtual service of that name, or the only one with that very domain, or else the only one for all
 * hosts; undefined if there is none for all hosts. Throws for any other that is not there.
 */
export async function findVirtualService(
  client: Client,
  { virtualService: name, domain }: VirtualServiceChoice,
  signal: AbortSignal,
): Promise<Stored<VirtualService> | undefined> {
  if (name !== undefined && domain !== undefined) {
    throw new CommandError("--virtual-service and --domain exclude each other; give one of them");
  }
  if (name !== undefined) return client.virtualServices.get(name, { signal });
  const all = (await client.virtualServices.list({ signal })).filter(({ isSound }) => isSound);
  if (domain === undefined) {
    const found = all.filter(({ value }) => isDefault(value));
    return only(found, "for all hosts");
  }
  const found = all.filter(({ value }) => value.domains.includes(domain));
  if (found.length > 0) return only(found, `with the domain "${domain}"`);
  throw new CommandError(
    `there is no virtual service with the domain "${domain}"; \`gloo virtualservice get\` lists all`,
  );
}

function only(
  found: readonly Stored<VirtualService>[],
  which: string,
): Stored<VirtualService> | undefined {
  if (found.length <= 1) return found[0];
  const names = found.map(({ name }) => name).join(", ");
  throw new CommandError(
    `there are ${found.length} virtual services ${which} (${names}); choose by --virtual-service`,
  );
}

/** The same, for what needs one, in a form that can be worked on. */
export async function requireVirtualService(
  client: Client,
  choice: VirtualServiceChoice,
  signal: AbortSignal,
): Promise<Stored<VirtualService>> {
  const found = await findVirtualService(client, choice, signal);
  if (found === undefined) {
    throw new CommandError(
      "there is no virtual service for all hosts; choose one by --virtual-service or --domain",
    );
  }
  if (found.isSound) return found;
  throw new CommandError(
    `virtualservice/${found.name} has mistakes, and its routes cannot be told; \`gloo check\` says which`,
  );
}
