import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Oversize } from "./delta-chain.js";
import { CorruptObjectError, emptyTreeOid, oidOf, type GitObject } from "./git-object.js";
import { readLooseObject } from "./loose-object.js";
import { createObjectCache, type CachedObject, type ObjectCache } from "./object-cache.js";
import { openPackFile, type PackContext, type PackFile } from "./pack-file.js";

/**
 * The objects of a repository on disk: packs, loose objects and alternates. Reads synchronously,
 * since most reads are of a few hundred bytes that are in memory already; callers breathe between them.
 */
export interface ObjectStore {
  has(oid: string): boolean;
  /** The names of objects that begin with these hex digits, at least two. */
  oidsWith(prefix: string): readonly string[];
  /** The object, checked against its name. Throws {@link CorruptObjectError}. */
  read(oid: string): GitObject;
  /** As `read`, but an object of more than `maxBytes` is not unpacked, where that is possible. */
  readWithin(oid: string, maxBytes: number): GitObject | Oversize;
  /** Number and bytes of its own packs, and of the largest of them. */
  packs(): { readonly count: number; readonly bytes: number; readonly largestBytes: number };
  /** A context for unpacked objects of a pack that is about to be added by {@link addPack}. */
  packContext(): PackContext;
  /** Opens a pack that was put into the folder, with the context of its indexing. */
  addPack(path: string, context: PackContext): void;
  /** Opens the packs that another program has put into this folder, which is the store's own. */
  addPacksOf(packFolder: string): void;
  /** Frees what is kept to speed up the next read. */
  release(): void;
  close(): void;
}

/** Unpacked objects in memory between two calls of `release`. */
const cacheBytes = 64 * 1024 * 1024;
const maxAlternateDepth = 5;

/** Opens the objects below a repository's `objects` folder, and those of other folders like it. */
export function openObjectStore(
  objectsFolder: string,
  borrowed: readonly string[] = [],
): ObjectStore {
  const cache = createObjectCache(cacheBytes);
  const folders = [objectsFolder, ...borrowed].flatMap((folder) => withAlternates(folder));
  const own: PackFile[] = [];
  const others: PackFile[] = [];
  /** Of the files of its own packs. */
  const names = new Set<string>();
  let contexts = 0;

  function packContext(): PackContext {
    return contextOf(cache, contexts++, (oid) => store.read(oid));
  }
  /** The newest pack first: that is where the next read most likely is. */
  const allPacks = function* (): Generator<PackFile> {
    for (let at = own.length - 1; at >= 0; at--) yield own[at]!;
    yield* others;
  };

  const store: ObjectStore = {
    has(oid) {
      if (oid === emptyTreeOid) return true;
      for (const pack of allPacks()) if (pack.has(oid)) return true;
      return folders.some((folder) => isFile(loosePath(folder, oid)));
    },
    oidsWith(prefix) {
      const found = new Set<string>();
      for (const pack of allPacks()) for (const oid of pack.oidsWith(prefix)) found.add(oid);
      const [start, rest] = [prefix.slice(0, 2), prefix.slice(2)];
      for (const folder of folders) {
        for (const name of listFolder(join(folder, start))) {
          if (name.length === 38 && name.startsWith(rest)) found.add(start + name);
        }
      }
      return [...found].sort();
    },
    read(oid) {
      const object = store.readWithin(oid, Infinity);
      if ("size" in object) throw new CorruptObjectError(`object ${oid} is too large to be loose`);
      return object;
    },
    readWithin(oid, maxBytes) {
      if (oid === emptyTreeOid) return { type: "tree", content: Buffer.alloc(0) };
      for (const pack of allPacks()) {
        const found = pack.read(oid, maxBytes);
        if (found !== undefined) return "size" in found ? found : verified(oid, found);
      }
      for (const folder of folders) {
        const found = readLooseObject(loosePath(folder, oid), maxBytes);
        if (found !== undefined) return "size" in found ? found : verified(oid, found);
      }
      throw new CorruptObjectError(`object ${oid} is missing`, { missing: true });
    },
    packs() {
      const sizes = own.map(({ sizeBytes }) => sizeBytes);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      return { count: own.length, bytes, largestBytes: Math.max(0, ...sizes) };
    },
    packContext,
    addPack(path, context) {
      own.push(openPackFile(path, context));
      names.add(basename(path));
    },
    addPacksOf(packFolder) {
      for (const path of packPaths(packFolder)) {
        if (!names.has(basename(path))) store.addPack(path, packContext());
      }
    },
    release() {
      cache.clear();
      for (const pack of allPacks()) pack.release();
    },
    close() {
      cache.clear();
      for (const pack of allPacks()) pack.close();
      own.length = others.length = 0;
    },
  };
  try {
    folders.forEach((folder, depth) => {
      const packs = depth === 0 ? own : others;
      for (const path of packPaths(join(folder, "pack"))) {
        packs.push(openPackFile(path, packContext()));
        if (packs === own) names.add(basename(path));
      }
    });
  } catch (cause) {
    store.close();
    throw cause;
  }
  return store;
}

/** The path of a loose object. */
function loosePath(folder: string, oid: string): string {
  return join(folder, oid.slice(0, 2), oid.slice(2));
}

function contextOf(
  cache: ObjectCache,
  number: number,
  outside: (oid: string) => GitObject,
): PackContext {
  // Room for packs of 64 GiB, and for 100,000 of them within what a number holds exactly.
  const first = number * 2 ** 36;
  return {
    recall: (offset) => cache.get(first + offset),
    remember: (offset, object) => cache.set(first + offset, object),
    outside,
  };
}

function verified(oid: string, found: CachedObject): GitObject {
  if (found.oid !== oid && oidOf(found.type, found.content) !== oid) {
    throw new CorruptObjectError(`object ${oid} is not what its name says`);
  }
  return found;
}

/** The paths of the packs that have an index, oldest first. */
function packPaths(packFolder: string): readonly string[] {
  const names = new Set(listFolder(packFolder));
  return [...names]
    .filter((name) => name.endsWith(".pack") && names.has(name.replace(/\.pack$/, ".idx")))
    .map((name) => join(packFolder, name))
    .map((path) => ({ path, time: statSync(path).mtimeMs }))
    .sort((a, b) => a.time - b.time)
    .map(({ path }) => path);
}

/** A folder of objects and those that it borrows from (`objects/info/alternates`). */
function withAlternates(folder: string, depth = 0): readonly string[] {
  if (depth > maxAlternateDepth) return [];
  const lines = readText(join(folder, "info", "alternates"))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return [folder, ...lines.flatMap((line) => withAlternates(resolve(folder, line), depth + 1))];
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw cause;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
