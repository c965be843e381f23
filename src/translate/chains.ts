import { diagnostic, targetOf, type Diagnostic, type Target } from "../diagnostics/diagnostic.js";
import { appendAll } from "../lib/append-all.js";
import { compareText } from "../lib/compare.js";
import type { Secrets } from "../model/secret.js";
import type { SslConfig } from "../model/virtual-service.js";
import type { ChainPlan } from "./filter-chain.js";
import type { EffectiveListener } from "./listeners.js";
import { serverNamesOf, tlsSettingsOf, type TlsSettings } from "./tls.js";
import type { TranslatedVirtualService } from "./virtual-hosts.js";

/** A filter chain of a listener, and the virtual services that are reached through it. */
export interface Chain extends ChainPlan {
  readonly virtualServices: readonly TranslatedVirtualService[];
}

/**
 * Sorts the virtual services of a listener by how TLS ends for them. Equal settings share a filter
 * chain and its route table; others are kept apart in both, so that a client which has passed one
 * chain's check of client certificates cannot reach another one's hosts.
 */
export function chainsOf(
  role: string,
  { listener, routeTable, place }: EffectiveListener,
  virtualServices: readonly TranslatedVirtualService[],
  secrets: Secrets,
): { readonly chains: readonly Chain[]; readonly diagnostics: readonly Diagnostic[] } {
  const groups = new Map<string, Group>();
  const diagnostics: Diagnostic[] = [];
  const claims = new Claims(listener.name, role);
  for (const translated of virtualServices) {
    const { ssl_config: own } = translated.virtualService.value;
    const ssl = own ?? listener.ssl_config;
    const tls = ssl && tlsSettingsOf(ssl, secrets);
    const group = groupOf(groups, tls);
    group.virtualServices.push(translated);
    if (tls === undefined) continue;
    const wanted =
      own === undefined ? listenerNames(listener.ssl_config, place) : ownNames(translated);
    appendAll(diagnostics, wanted.diagnostics);
    for (const { name, target } of wanted.names) {
      group.names.add(name);
      const owner = own === undefined ? "the listener itself" : ownerText(translated);
      appendAll(diagnostics, claims.add({ name, target, owner, group }));
    }
  }
  const inOrder = [...groups.values()].sort((a, b) => compareText(keyOf(a.tls), keyOf(b.tls)));
  const isOnly = inOrder.length === 1;
  const chains = inOrder.map(({ tls, names, virtualServices: members }): Chain => ({
    routeTable: tls === undefined || isOnly ? routeTable : `${routeTable}~${tls.id}`,
    tls,
    serverNames: serverNamesIn(names, inOrder),
    virtualServices: members,
  }));
  return { chains, diagnostics };
}

/**
 * The server names that lead to a group. One that claims all of them needs to name only those which a
 * wildcard of another group would take from it.
 */
function serverNamesIn(own: ReadonlySet<string>, groups: readonly Group[]): readonly string[] {
  if (!own.has("*")) return [...own].sort(compareText);
  const wildcards = new Set(
    groups.flatMap(({ names }) =>
      names === own ? [] : [...names].filter((name) => name.startsWith("*.")),
    ),
  );
  const taken = [...own].filter((name) => parentsOf(name).some((parent) => wildcards.has(parent)));
  return taken.length === 0 ? [] : ["*", ...taken].sort(compareText);
}

/** The wildcards that a server name could be matched by: of `a.b.c`, `*.b.c` and `*.c`. */
function parentsOf(name: string): readonly string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join(".")}`);
}

interface Group {
  readonly tls: TlsSettings | undefined;
  readonly names: Set<string>;
  readonly virtualServices: TranslatedVirtualService[];
}

function groupOf(groups: Map<string, Group>, tls: TlsSettings | undefined): Group {
  const key = keyOf(tls);
  const group = groups.get(key) ?? { tls, names: new Set(), virtualServices: [] };
  groups.set(key, group);
  return group;
}

/** Plain text goes first: ids are not empty. */
function keyOf(tls: TlsSettings | undefined): string {
  return tls?.id ?? "";
}

function ownerText({ virtualService }: TranslatedVirtualService): string {
  return `VirtualService "${virtualService.ref.name}"`;
}

interface WantedNames {
  readonly names: readonly { readonly name: string; readonly target: Target }[];
  readonly diagnostics: readonly Diagnostic[];
}

const maxUnusable = 10;

function ownNames({ virtualService }: TranslatedVirtualService): WantedNames {
  const { names, unusable } = serverNamesOf(virtualService.value);
  return {
    names: names.map(({ name, pointer }) => ({ name, target: targetOf(virtualService, pointer) })),
    // A few show what is wrong.
    diagnostics: unusable
      .slice(0, maxUnusable)
      .map(({ name: domain, pointer }) =>
        diagnostic("tls/domain-without-sni", { domain }, targetOf(virtualService, pointer)),
      ),
  };
}

/** A listener's own certificate is for its `sni_domains`, or for every name. */
function listenerNames(ssl: SslConfig | undefined, place: EffectiveListener["place"]): WantedNames {
  const listed = ssl?.sni_domains ?? [];
  const names = listed.map((name, index) => ({
    name: name.toLowerCase(),
    target: place(`/ssl_config/sni_domains/${index}`),
  }));
  return {
    names: names.length > 0 ? names : [{ name: "*", target: place("/ssl_config") }],
    diagnostics: [],
  };
}

interface Claim {
  readonly name: string;
  readonly target: Target;
  readonly owner: string;
  readonly group: Group;
}

/** Which server name leads to which group; the first to claim a name has it. */
class Claims {
  readonly #listener: string;
  readonly #role: string;
  readonly #byName = new Map<string, Claim>();

  constructor(listener: string, role: string) {
    this.#listener = listener;
    this.#role = role;
  }

  add(claim: Claim): readonly Diagnostic[] {
    const { name, target, group } = claim;
    const first = this.#byName.get(name);
    if (first === undefined) this.#byName.set(name, claim);
    if (first === undefined || first.group === group) return [];
    const related = first.target.location && [
      { message: `claimed by ${first.owner}`, location: first.target.location },
    ];
    const params = { name, other: first.owner, listener: this.#listener, role: this.#role };
    return [diagnostic("tls/sni-overlap", params, { ...target, ...(related && { related }) })];
  }
}
