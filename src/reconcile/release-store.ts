import { contentHash } from "../lib/content-hash.js";
import type { Journal } from "../state/journal.js";
import { withoutSecrets, type StoredSnapshot } from "../state/snapshot-delta.js";
import { metaOf, type Release } from "./release.js";

/** Releases on disk: what is served on top, and beneath it what would be gone back to. */
export interface ReleaseStore {
  /**
   * Makes sure that a restart finds this release on top, and nothing of it that is secret. With
   * `replacesTop` it takes the place of what is on top, else that stays beneath it. Resolves with why
   * it could not be written.
   */
  save(release: Release, options: { readonly replacesTop: boolean }): Promise<unknown>;
  /** What was saved last has proven itself: what lies beneath it is forgotten. */
  settle(): Promise<void>;
  /** What was to be saved last is not on disk. */
  readonly isBehind: boolean;
}

export interface ReleaseStoreOptions {
  readonly journal: Journal;
  /** Is told why it could not be written, and (undefined) when it could again. */
  readonly onWriteFailure: (cause: unknown) => void;
}

/** Creates the store over a journal that was opened. */
export function createReleaseStore({ journal, onWriteFailure }: ReleaseStoreOptions): ReleaseStore {
  const [top] = journal.restored;
  let topKey = top === undefined ? undefined : keyOf(top);
  let isBehind = false;

  const attempt = async (work: () => Promise<void>): Promise<unknown> => {
    try {
      await work();
      onWriteFailure(undefined);
      return undefined;
    } catch (cause) {
      onWriteFailure(cause);
      return cause;
    }
  };

  return {
    async save(release, { replacesTop }) {
      const entry = withoutSecrets(release.snapshot, metaOf(release));
      const key = keyOf(entry);
      // Other secrets, or endpoints that are back: the disk says it already.
      if (key === topKey) {
        isBehind = false;
        return undefined;
      }
      const error = await attempt(() =>
        replacesTop ? journal.replace(entry) : journal.push(entry),
      );
      isBehind = error !== undefined;
      if (!isBehind) topKey = key;
      return error;
    },
    async settle() {
      // What is on top is not what has proven itself, and what lies beneath may still be needed.
      if (isBehind) return;
      // Failing to forget costs nothing but space: the top is what is served either way.
      await attempt(async () => {
        await journal.settle();
        await journal.tidy();
      });
    },
    get isBehind() {
      return isBehind;
    },
  };
}

/** Equal for entries that a restart makes the same of. */
function keyOf({ snapshot, meta, secretNames }: StoredSnapshot): string {
  const sets = [...snapshot.roles.values(), snapshot.fallback].map(({ role, sets: of }) => [
    role,
    [...of].map(([typeUrl, { version }]) => [typeUrl, version]),
  ]);
  return contentHash(JSON.stringify([sets, meta, [...secretNames]]));
}
