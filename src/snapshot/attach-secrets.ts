import { typeUrls } from "../envoy/type-urls.js";
import { createSecretTranslator } from "../translate/secrets.js";
import type { TranslationInputs } from "../translate/translate.js";
import { secretResource } from "./encode.js";
import { resourceSetOf } from "./resource-set.js";
import type { ResourceSet, RoleSnapshot, Snapshot } from "./snapshot.js";
import { snapshotIdOf } from "./snapshot-id.js";

/** A snapshot that was kept without its secrets, with secrets in it again. */
export interface Attached {
  readonly snapshot: Snapshot;
  /** Names of SDS secrets that are to be served and that there is nothing for, in order. */
  readonly missing: readonly string[];
}

/**
 * Puts the secrets of these names, by role (the fallback's is `""`), into a snapshot that has none.
 * With the secrets that it was made with, it is again what it was: the same bytes, versions and id.
 */
export type AttachSecrets = (
  snapshot: Snapshot,
  names: ReadonlyMap<string, readonly string[]>,
  secrets: TranslationInputs["secrets"],
) => Attached;

/** `upstreamCaFile` is the file, on Envoy's host, that upstreams are verified against by default. */
export function createSecretAttacher(upstreamCaFile: string): AttachSecrets {
  const translator = createSecretTranslator(upstreamCaFile);
  return (snapshot, names, secrets) => {
    const missing = new Set<string>();
    const attach = (role: RoleSnapshot, wanted: readonly string[] = []): RoleSnapshot => {
      const resources = wanted.flatMap((name) => {
        const message = translator.translate(name, secrets);
        if (message === undefined) missing.add(name);
        return message === undefined ? [] : [secretResource(message)];
      });
      if (resources.length === 0) return role;
      const all = new Map(role.sets).set(typeUrls.secret, resourceSetOf(resources));
      return { role: role.role, sets: inOrder(all) };
    };
    const roles = new Map(
      [...snapshot.roles].map(([name, role]) => [name, attach(role, names.get(name))]),
    );
    const fallback = attach(snapshot.fallback, names.get(""));
    const id = snapshotIdOf({ roles, fallback });
    return { snapshot: { id, commit: snapshot.commit, roles, fallback }, missing: [...missing] };
  };
}

/** Sets in the order that the assembler gives them. */
function inOrder(sets: ReadonlyMap<string, ResourceSet>): ReadonlyMap<string, ResourceSet> {
  const known = Object.values(typeUrls).flatMap((typeUrl) => {
    const set = sets.get(typeUrl);
    return set === undefined ? [] : [[typeUrl, set] as const];
  });
  return new Map(known);
}
