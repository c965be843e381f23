import { renderObject } from "../edit/edit-file.js";
import { readFileContent, scopeOfPath } from "../edit/file-objects.js";
import type { JsonObject } from "../lib/json.js";
import type { Kind } from "../model/resource.js";
import type { ConfigView } from "./config-view.js";
import { messageOf, type ClientCore, type WriteOptions } from "./client-core.js";
import { labelOf, type Change, type Stored } from "./stored.js";
import { watchChanges, type WatchOptions } from "./watch.js";
import { NotFoundError } from "./client-error.js";

/** Options of reads. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/** Options of writes to what exists. */
export interface VersionedWriteOptions extends WriteOptions {
  /**
   * What was read: if its file is not the same any more, the write is refused with a `ConflictError`.
   * Default: whatever is there is changed.
   */
  readonly resourceVersion?: string;
}

/** Options of a creation. */
export interface CreateOptions extends WriteOptions {
  /**
   * The file, from the folder that holds the config. If there is one, the object becomes a document (or
   * list item) of it. Default: `<kind's folder>/<name>.yaml`.
   */
  readonly path?: string;
}

/** The text of an object, for an editor. */
export interface ObjectText {
  /** The whole file if it holds nothing else, with all comments; else the object alone. */
  readonly text: string;
  readonly resourceVersion: string;
}

/** The objects of one kind. Every write is one commit. */
export interface Collection<T> {
  /** In the order of names. */
  list(options?: ReadOptions): Promise<readonly Stored<T>[]>;
  /** Throws `NotFoundError`. */
  get(name: string, options?: ReadOptions): Promise<Stored<T>>;
  /** What changes on the branch, from what is there on. */
  watch(options?: WatchOptions): AsyncIterable<Change<Stored<T>>>;
  /** Throws `AlreadyExistsError`, `InvalidError`. */
  create(value: T, options?: CreateOptions): Promise<Stored<T>>;
  /**
   * Makes the object of this name say this. What it says already stays as it is written: comments, order
   * of keys, spellings. Throws `NotFoundError`, `ConflictError`, `InvalidError`.
   */
  update(value: T, options?: VersionedWriteOptions): Promise<Stored<T>>;
  /** Throws `NotFoundError`, `ConflictError`, `InvalidError`. */
  delete(name: string, options?: VersionedWriteOptions): Promise<void>;
  /** The text of an object, for an editor. Throws `NotFoundError`. */
  getText(name: string, options?: ReadOptions): Promise<ObjectText>;
  /** Takes the text back from an editor, byte for byte if the object has its file for itself. */
  updateText(name: string, text: string, options?: VersionedWriteOptions): Promise<Stored<T>>;
}

const never = new AbortController().signal;

/** Makes the collection of a kind. */
export function createCollection<T>(kind: Kind, core: ClientCore): Collection<T> {
  // What a kind's objects are is what the schemas say, and the validator has checked.
  const typed = (stored: Stored<JsonObject>): Stored<T> => stored as unknown as Stored<T>;
  const plain = (value: T): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
  const at = (view: ConfigView, name: string): Stored<T> => typed(view.require({ kind, name }));
  const nameOf = (value: JsonObject): string => String(value["name"]);

  return {
    list: async ({ signal = never } = {}) =>
      [...(await core.view(signal)).objects(kind).values()].map(typed),
    get: async (name, { signal = never } = {}) => at(await core.view(signal), name),
    watch: (options = {}) =>
      watchChanges<Stored<T>>(async (signal) => {
        const view = await core.view(signal);
        const objects = [...view.objects(kind)].map(
          ([name, stored]) => [name, typed(stored)] as const,
        );
        return {
          commit: view.tree.commit.oid,
          objects: new Map(objects),
          fingerprint: ({ value }) => JSON.stringify(value),
        };
      }, options),
    async create(value, { path, ...options } = {}) {
      const write = { op: "create", kind, value: plain(value), path } as const;
      const { view } = await core.write([write], messageOf([write]), options);
      return at(view, nameOf(write.value));
    },
    async update(value, { resourceVersion, ...options } = {}) {
      const write = { op: "update", kind, value: plain(value), resourceVersion } as const;
      const { view } = await core.write([write], messageOf([write]), options);
      return at(view, nameOf(write.value));
    },
    async delete(name, { resourceVersion, ...options } = {}) {
      const write = { op: "delete", kind, name, resourceVersion } as const;
      await core.write([write], messageOf([write]), options);
    },
    async getText(name, { signal = never } = {}) {
      const view = await core.view(signal);
      const { location, resourceVersion } = view.require({ kind, name });
      const file = view.file(location.file);
      if (file === undefined) throw new NotFoundError(labelOf({ kind, name }));
      const scope = scopeOfPath(file.path, view.tree.root.path);
      const { text, objects } = readFileContent(file.path, file.bytes, scope);
      if (objects.length === 1) return { text, resourceVersion };
      const found = objects.find((object) => object.kind === kind && object.name === name);
      if (found === undefined) throw new NotFoundError(labelOf({ kind, name }));
      return { text: renderObject(found.value), resourceVersion };
    },
    async updateText(name, text, { resourceVersion, ...options } = {}) {
      const write = { op: "update-text", kind, name, text, resourceVersion } as const;
      const { view } = await core.write([write], messageOf([write]), options);
      return at(view, name);
    },
  };
}
