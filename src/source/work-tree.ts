import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  type Dirent,
} from "node:fs";
import { join } from "node:path";
import { createBreather } from "../lib/breather.js";
import { compareText } from "../lib/compare.js";
import { readEntryName } from "./entry-name.js";
import { LIMITS, tooLarge, type SourceLimits } from "./limits.js";
import { codeOf } from "./network-error.js";
import type { SourceEntry, SourceFolder, SourceTree } from "./source-tree.js";
import { wantsConfig, type WantsPath } from "./wanted-path.js";

/** Which files on disk are read as if they were committed. */
export interface WorkTreeOptions {
  /** The root: a work tree, or any folder. */
  readonly folder: string;
  /** The folder below it that holds the config, such as `env/prod`. Default: the root. */
  readonly basePath?: string;
  /** Default for each one: `LIMITS`. */
  readonly limits?: Partial<SourceLimits>;
  /** Which files are read. Default: `wantsConfig`. */
  readonly wants?: WantsPath;
  /** Whether a file or folder is as if it were not there, by its path from the root. Default: none. */
  readonly ignores?: (path: string) => boolean;
}

/** The oid of the commit that a work tree would become: none. */
export const noCommit = "0".repeat(40);

/**
 * Reads files as they are on disk, edits that nobody committed included, into the tree that a commit
 * of all of them would have. As in Git, symbolic links are not followed and a folder with a `.git` of
 * its own is a submodule; `.git` itself, sockets and devices are not there. Oids tell different
 * content apart; they are not Git's. Throws a `SourceError`.
 */
export async function readWorkTree(
  options: WorkTreeOptions,
  signal: AbortSignal,
): Promise<SourceTree> {
  const path = options.basePath ?? "";
  const limits = { ...LIMITS, ...options.limits };
  const reading = createReading(
    { wants: wantsConfig, ignores: () => false, ...options, limits },
    signal,
  );
  try {
    const root = await reading.folder(path, path.slice(path.lastIndexOf("/") + 1), 0);
    const nobody = { name: "", email: "", timestampS: 0 };
    return {
      commit: { oid: noCommit, treeOid: root.oid, author: nobody, committer: nobody, message: "" },
      root,
    };
  } catch (cause) {
    // Knows isomorphic-git's errors too, and loading that takes longer than reading a small tree.
    const { sourceFailureOf } = await import("./source-failure.js");
    throw sourceFailureOf(cause, signal);
  }
}

interface ReadingOptions {
  readonly folder: string;
  readonly limits: SourceLimits;
  readonly wants: WantsPath;
  readonly ignores: (path: string) => boolean;
}

function createReading(
  { folder: top, limits, wants, ignores }: ReadingOptions,
  signal: AbortSignal,
) {
  const breathe = createBreather(signal);
  const counted = { entries: 0, bytes: 0 };

  async function folder(path: string, name: string, depth: number): Promise<SourceFolder> {
    const entries: SourceEntry[] = [];
    for (const found of readdirSync(join(top, path), { withFileTypes: true, encoding: "buffer" })) {
      const { name: child, safe } = readEntryName(found.name);
      if (child.toLowerCase() === ".git") continue;
      const place = { path: path === "" ? child : `${path}/${child}`, name: child };
      const kind = kindOf(found);
      if (kind === "other" || ignores(place.path)) continue;
      const entry = await entryAt(place, safe ? kind : "unsafe-name", depth);
      if (entry === undefined) continue;
      entries.push(entry);
      count(entry);
      await breathe();
    }
    entries.sort((a, b) => compareText(a.name, b.name));
    const oid = oidOf(
      "tree",
      ...entries.map((entry) => `${entry.kind} ${entry.name} ${entry.oid}`),
    );
    return { kind: "folder", path, name, oid, entries };
  }

  function entryAt(
    place: Place,
    kind: EntryKind,
    depth: number,
  ): SourceEntry | undefined | Promise<SourceEntry> {
    switch (kind) {
      case "file":
        return file(place);
      case "symlink":
      case "unsafe-name":
        return refused(place, kind);
      case "folder":
        if (depth + 1 > limits.maxPathDepth) return refused(place, "too-deep");
        if (hasOwnGit(join(top, place.path))) return refused(place, "submodule");
        return folder(place.path, place.name, depth + 1);
    }
  }

  function file(place: Place): SourceEntry | undefined {
    if (!wants(place.path)) return { kind: "skipped", ...place, oid: oidOf("skipped") };
    const descriptor = openFile(join(top, place.path));
    if (descriptor === undefined) return undefined;
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return undefined;
      if (stats.size > limits.maxFileBytes) {
        return { ...refused(place, "file-too-large"), size: stats.size };
      }
      const bytes = readFileSync(descriptor);
      return { kind: "file", ...place, oid: oidOf("file", bytes), bytes };
    } finally {
      closeSync(descriptor);
    }
  }

  function count(entry: SourceEntry): void {
    counted.entries += 1;
    counted.bytes += entry.kind === "file" ? entry.bytes.length : 0;
    if (counted.entries > limits.maxTreeEntries) {
      throw tooLarge("the number of files and folders", "maxTreeEntries", limits);
    }
    if (counted.bytes > limits.maxTreeBytes) {
      throw tooLarge("the config files together", "maxTreeBytes", limits);
    }
  }

  return { folder };
}

interface Place {
  readonly path: string;
  readonly name: string;
}

type EntryKind = "file" | "folder" | "symlink" | "unsafe-name";

function kindOf(
  entry: Pick<Dirent<Buffer>, "isFile" | "isDirectory" | "isSymbolicLink">,
): EntryKind | "other" {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "symlink" : "other";
}

function refused(
  place: Place,
  reason: "symlink" | "unsafe-name" | "too-deep" | "submodule" | "file-too-large",
) {
  return { kind: "refused", ...place, oid: oidOf("refused", reason), reason } as const;
}

function hasOwnGit(folder: string): boolean {
  return lstatSync(join(folder, ".git"), { throwIfNoEntry: false }) !== undefined;
}

/** Undefined: it has gone, or become a link, since its folder was listed; so it is not there. */
function openFile(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ELOOP") return undefined;
    throw cause;
  }
}

function oidOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}
