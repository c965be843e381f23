import { NotFoundError } from "./client-error.js";
import type { ReadOptions } from "./collection.js";
import type { ClientCore } from "./client-core.js";
import { createFileCollection, type FileCollection } from "./file-collection.js";
import type { Change, SecretReference } from "./stored.js";
import { watchChanges, type WatchOptions } from "./watch.js";

/** Secrets by the names that objects give them. What they hold is not known here. */
export interface SecretCollection {
  list(options?: ReadOptions): Promise<readonly SecretReference[]>;
  /** Throws `NotFoundError` for one that no object refers to. */
  get(name: string, options?: ReadOptions): Promise<SecretReference>;
  watch(options?: WatchOptions): AsyncIterable<Change<SecretReference>>;
  /** The encrypted files below `secrets`. One that is not encrypted is refused with an `InvalidError`. */
  readonly sealed: FileCollection;
}

const never = new AbortController().signal;

/** Makes the collection of the secrets. */
export function createSecretCollection(core: ClientCore): SecretCollection {
  return {
    list: async ({ signal = never } = {}) => [...(await core.view(signal)).secrets().values()],
    async get(name, { signal = never } = {}) {
      const found = (await core.view(signal)).secrets().get(name);
      if (found === undefined) throw new NotFoundError(`reference to a secret "${name}"`);
      return found;
    },
    watch: (options = {}) =>
      watchChanges<SecretReference>(async (signal) => {
        const view = await core.view(signal);
        return {
          commit: view.tree.commit.oid,
          objects: view.secrets(),
          fingerprint: ({ resourceVersion }) => resourceVersion,
        };
      }, options),
    sealed: createFileCollection("secrets", core),
  };
}
