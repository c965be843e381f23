import { constants, promises } from "node:fs";
import { deflateSync } from "node:zlib";
import type { PromiseFsClient } from "isomorphic-git";
import { CorruptObjectError } from "./git-object.js";
import type { ObjectStore } from "./object-store.js";

/** What isomorphic-git is told of a repository on disk. */
export interface ObjectFsOptions {
  readonly gitdir: string;
  readonly store: () => ObjectStore;
  /** False for a repository of someone else: nothing in it is ever changed. */
  readonly writable: boolean;
  /** Where a linked work tree keeps its own `HEAD`, if not in `gitdir`. */
  readonly headFile?: string;
}

/**
 * The file system that isomorphic-git works on. It shows every object as a loose one, served from
 * the store: so isomorphic-git never scans packs (slow, and seven times a pack in memory) and reads
 * alternates too. What it writes is written to another file first and then renamed.
 */
export function createObjectFs(options: ObjectFsOptions): PromiseFsClient {
  const { gitdir, store, headFile } = options;
  /** What a remote names becomes part of paths, so that none may lead out of the repository. */
  function locate(path: string): string {
    if (headFile !== undefined && path === `${gitdir}/HEAD`) return headFile;
    const isInside = path === gitdir || path.startsWith(`${gitdir}/`);
    if (!isInside || path.split("/").includes("..")) throw notFound(path);
    return path;
  }

  function oidIn(path: string): string | undefined {
    if (!path.startsWith(`${gitdir}/objects/`)) return undefined;
    const rest = path.slice(gitdir.length + "/objects/".length);
    return /^[0-9a-f]{2}\/[0-9a-f]{38}$/.test(rest) ? rest.replace("/", "") : undefined;
  }
  const refuse = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("the repository is read-only"), { code: "EROFS" }));

  const readable = {
    async readFile(path: string, how?: BufferEncoding | { encoding?: BufferEncoding }) {
      const oid = oidIn(path);
      if (oid === undefined) return promises.readFile(locate(path), how);
      return looseFormOf(store(), oid);
    },
    async stat(path: string) {
      const oid = oidIn(path);
      if (oid === undefined) return promises.stat(locate(path));
      if (!store().has(oid)) throw notFound(path);
      return promises.stat(gitdir);
    },
    lstat: (path: string) => readable.stat(path),
    async readdir(path: string) {
      return path.startsWith(`${gitdir}/objects`) ? [] : promises.readdir(locate(path));
    },
    readlink: async (path: string) => promises.readlink(locate(path)),
  };
  const writing = {
    async writeFile(path: string, content: string | Uint8Array) {
      const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
      const aside = `${locate(path)}.tmp`;
      await promises.writeFile(aside, content, { flag: O_WRONLY | O_CREAT | O_TRUNC });
      await promises.rename(aside, path);
    },
    mkdir: async (path: string) => promises.mkdir(locate(path)),
    unlink: async (path: string) => promises.unlink(locate(path)),
    rmdir: async (path: string) => promises.rmdir(locate(path)),
    symlink: refuse,
    chmod: refuse,
  };
  const readOnly = {
    writeFile: refuse,
    mkdir: refuse,
    unlink: refuse,
    rmdir: refuse,
    symlink: refuse,
    chmod: refuse,
  };
  return { promises: { ...readable, ...(options.writable ? writing : readOnly) } };
}

/** The file that Git would keep the object in, were it loose (not compressed: it is read at once). */
function looseFormOf(store: ObjectStore, oid: string): Buffer {
  try {
    const { type, content } = store.read(oid);
    const head = Buffer.from(`${type} ${content.length}\0`);
    return deflateSync(Buffer.concat([head, content]), { level: 0 });
  } catch (cause) {
    if (cause instanceof CorruptObjectError && cause.missing) throw notFound(oid);
    throw cause;
  }
}

function notFound(path: string): Error {
  return Object.assign(new Error(`${path} does not exist`), { code: "ENOENT" });
}
