import { NotFoundError } from "./client-error.js";
import type { ReadOptions, VersionedWriteOptions } from "./collection.js";
import { messageOf, type ClientCore, type WriteOptions } from "./client-core.js";
import type { ConfigView } from "./config-view.js";
import type { Change, StoredFile } from "./stored.js";
import { watchChanges, type WatchOptions } from "./watch.js";

/** Files by name: their paths below the folders `files`, or `secrets`. Every write is one commit. */
export interface FileCollection {
  list(options?: ReadOptions): Promise<readonly StoredFile[]>;
  /** Throws `NotFoundError`. */
  get(name: string, options?: ReadOptions): Promise<StoredFile>;
  watch(options?: WatchOptions): AsyncIterable<Change<StoredFile>>;
  /** Throws `AlreadyExistsError`, `InvalidError`. */
  create(name: string, bytes: Uint8Array, options?: WriteOptions): Promise<StoredFile>;
  /** Throws `NotFoundError`, `ConflictError`, `InvalidError`. */
  update(name: string, bytes: Uint8Array, options?: VersionedWriteOptions): Promise<StoredFile>;
  /** Throws `NotFoundError`, `ConflictError`, `InvalidError`. */
  delete(name: string, options?: VersionedWriteOptions): Promise<void>;
}

const never = new AbortController().signal;

/** Makes the collection of the files of a folder. */
export function createFileCollection(
  folder: "files" | "secrets",
  core: ClientCore,
): FileCollection {
  const at = (view: ConfigView, name: string): StoredFile => {
    const found = view.files(folder).get(name);
    if (found === undefined) throw new NotFoundError(`file "${name}" in ${folder}`);
    return found;
  };
  return {
    list: async ({ signal = never } = {}) => [...(await core.view(signal)).files(folder).values()],
    get: async (name, { signal = never } = {}) => at(await core.view(signal), name),
    watch: (options = {}) =>
      watchChanges<StoredFile>(async (signal) => {
        const view = await core.view(signal);
        return {
          commit: view.tree.commit.oid,
          objects: view.files(folder),
          fingerprint: ({ resourceVersion }) => resourceVersion,
        };
      }, options),
    async create(name, bytes, options = {}) {
      const write = { op: "create-file", folder, name, bytes } as const;
      const { view } = await core.write([write], messageOf([write]), options);
      return at(view, name);
    },
    async update(name, bytes, { resourceVersion, ...options } = {}) {
      const write = { op: "update-file", folder, name, bytes, resourceVersion } as const;
      const { view } = await core.write([write], messageOf([write]), options);
      return at(view, name);
    },
    async delete(name, { resourceVersion, ...options } = {}) {
      const write = { op: "delete-file", folder, name, resourceVersion } as const;
      await core.write([write], messageOf([write]), options);
    },
  };
}
