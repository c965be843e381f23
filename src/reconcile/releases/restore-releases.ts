import type { Secrets } from "../../model/secret.js";
import type { AttachSecrets } from "../../snapshot/attach-secrets.js";
import type { Journal } from "../../state/journal.js";
import { readMeta, sealedCopiesIn, type Release, type SealedCopy } from "./release.js";

/** What was on disk, as it was served. */
export interface Restored {
  /** Newest first: what was served last, and beneath it what would have been gone back to. */
  readonly releases: readonly Release[];
  /** What is not as it was, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * The releases that the journal holds, with the secrets of now in them: with those that they were made
 * with, bytes and versions are the same as before. `secretsWith` gives those of now, and those of
 * encrypted files that were kept with a release.
 */
export function restoreReleases(
  journal: Pick<Journal, "restored" | "damage">,
  secretsWith: (sealed: readonly SealedCopy[]) => Secrets,
  attachSecrets: AttachSecrets,
): Restored {
  const missing = new Set<string>();
  const releases = journal.restored.map(({ snapshot, meta, secretNames }, depth): Release => {
    const attached = attachSecrets(snapshot, secretNames, secretsWith(sealedCopiesIn(meta)));
    if (depth === 0) for (const name of attached.missing) missing.add(name);
    return {
      ...readMeta(meta, snapshot.commit),
      snapshot: attached.snapshot,
      made: undefined,
    };
  });
  const problems: string[] = [];
  if (journal.damage !== undefined) problems.push(journal.damage);
  if (missing.size > 0) {
    problems.push(`secrets of what is served are missing and left out: ${[...missing].join(", ")}`);
  }
  return { releases, problems };
}
