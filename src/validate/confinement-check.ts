import { targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import { globMatcher } from "../lib/glob.js";
import { repositoryOf, type Confinement } from "../model/confinement.js";
import { pointerOf } from "../model/location.js";
import { kinds, type Kind, type Located } from "../model/resource.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { SealedFile } from "../parse/sealed-file.js";
import { diagnosticOf, finding, type Finding } from "./finding.js";
import type { KindIndex } from "./kind-index.js";
import type { SecretUse } from "./secret-check.js";

/** What is checked. */
export interface ConfinedConfig {
  readonly byKind: Readonly<Record<Kind, KindIndex>>;
  readonly sealed: readonly SealedFile[];
}

/** Checks that repositories beside the first one keep to what they may declare. */
export type ConfinementCheck = (config: ConfinedConfig) => readonly Diagnostic[];

interface Bounds {
  readonly confinement: Confinement;
  readonly hasName: (name: string) => boolean;
  readonly hasRole: (role: string) => boolean;
  readonly hasSecret: (ref: string) => boolean;
}

/** Creates the check; without confinements it finds nothing, at no cost. */
export function createConfinementCheck(confinements: readonly Confinement[]): ConfinementCheck {
  if (confinements.length === 0) return () => [];
  const bounds = new Map(
    confinements.map((confinement) => [confinement.repository, boundsOf(confinement)]),
  );
  const boundsAt = (file: string): Bounds | undefined => {
    const repository = repositoryOf(file);
    return repository === undefined ? undefined : bounds.get(repository);
  };
  const known = new WeakMap<Located<unknown>, readonly Finding[]>();
  const ownFindings = (located: Located<unknown>, own: Bounds): readonly Finding[] => {
    let found = known.get(located);
    if (found === undefined) known.set(located, (found = checkObject(located, own)));
    return found;
  };
  return ({ byKind, sealed }) => {
    const found: Diagnostic[] = [];
    for (const kind of kinds) {
      for (const located of byKind[kind].located.values()) {
        const own = boundsAt(located.origin.file);
        if (own === undefined) continue;
        for (const one of ownFindings(located, own)) found.push(placed(one, located));
      }
      for (const { located, secretUses } of byKind[kind].notable) {
        const own = located && boundsAt(located.origin.file);
        if (located === undefined || own === undefined) continue;
        for (const one of checkSecrets(secretUses, own)) found.push(placed(one, located));
      }
    }
    for (const { ref, origin } of sealed) {
      const own = boundsAt(origin.file);
      if (own === undefined || own.hasSecret(ref)) continue;
      const params = {
        ref,
        repository: own.confinement.repository,
        allowed: own.confinement.secrets.join(", "),
      };
      const place = { location: { file: origin.file, line: 1, column: 1 } };
      found.push(diagnosticOf(finding("confinement/secret", params, ""), () => place));
    }
    return found;
  };
}

function placed(found: Finding, located: Located<unknown>): Diagnostic {
  return diagnosticOf(found, (pointer, at) => targetOf(located, pointer, at));
}

function boundsOf(confinement: Confinement): Bounds {
  return {
    confinement,
    hasName: globMatcher(confinement.names),
    hasRole: globMatcher(confinement.roles),
    hasSecret: globMatcher(confinement.secrets),
  };
}

function checkObject({ ref, value }: Located<unknown>, own: Bounds): readonly Finding[] {
  const { repository } = own.confinement;
  const found: Finding[] = [];
  if (ref.kind === "Role") {
    if (!own.hasRole(ref.name)) found.push(roleFinding(ref.name, "/name", own));
  } else if (!own.hasName(ref.name)) {
    const params = { name: ref.name, repository, allowed: own.confinement.names.join(", ") };
    found.push(finding("confinement/name", params, "/name"));
  }
  // The kind says which type it is: validation has made it so.
  if (ref.kind === "VirtualService")
    found.push(...checkVirtualService(value as VirtualService, own));
  return found;
}

function checkVirtualService({ domains, roles }: VirtualService, own: Bounds): readonly Finding[] {
  const { repository, domains: allowed } = own.confinement;
  return [
    ...domains.flatMap((domain, index) =>
      allowed.some((pattern) => covers(pattern, domain))
        ? []
        : [
            finding(
              "confinement/domain",
              { domain, repository, allowed: allowed.join(", ") },
              pointerOf("/domains", index),
            ),
          ],
    ),
    ...roles.flatMap((role, index) =>
      own.hasRole(role) ? [] : [roleFinding(role, pointerOf("/roles", index), own)],
    ),
  ];
}

function roleFinding(role: string, pointer: string, { confinement }: Bounds): Finding {
  const { repository, roles } = confinement;
  return finding("confinement/role", { role, repository, allowed: roles.join(", ") }, pointer);
}

function checkSecrets(uses: readonly SecretUse[], own: Bounds): readonly Finding[] {
  const { repository, secrets } = own.confinement;
  return uses
    .filter(({ ref }) => !own.hasSecret(ref))
    .map(({ ref, pointer }) =>
      finding("confinement/secret", { ref, repository, allowed: secrets.join(", ") }, pointer),
    );
}

/** Whether all hosts of a domain, which may have a wildcard and a port, are among those of a pattern. */
function covers(pattern: string, domain: string): boolean {
  if (pattern === "*") return true;
  const host = domain.replace(/:\d+$/, "").toLowerCase();
  const wanted = pattern.toLowerCase();
  return host === wanted || (wanted.startsWith("*.") && host.endsWith(wanted.slice(1)));
}
