import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { GitRepositoryOptions } from "../../source/create-git-repository.js";
import { scrubUrls } from "../../source/remote-url.js";
import type { SourceTree } from "../../source/source-tree.js";
import { CommandError, withProgress, type Io } from "../io.js";
import { ignoredPaths } from "./ignored-paths.js";

/** Which config a command is about. */
export interface ConfigTarget {
  /** A folder, a repository on this machine, or the URL of one. */
  readonly where: string;
  /** A branch, tag or commit. Default: the files on disk, or the default branch where there are none. */
  readonly ref?: string;
  /** The folder of it that holds the config. */
  readonly path?: string;
  /** How to reach the repository behind a URL. */
  readonly remote?: Pick<GitRepositoryOptions, "credentials" | "caFile" | "proxy" | "ssh">;
}

/** The config that was read. */
export interface ConfigTree {
  readonly tree: SourceTree;
  /** Undefined: files on disk, whatever is committed. */
  readonly commit: string | undefined;
  /** What leads from the working folder to the tree's root: `""`, or it ends with a slash. */
  readonly prefix: string;
  /** What leads to a file, where it is not the prefix alone. */
  readonly placeOf?: (file: string) => string;
}

/**
 * Reads config from where a person means it to be: a folder as it is on disk, uncommitted edits
 * included, but for what Git ignores; with a ref, or from a bare repository or a URL, what is committed.
 * Throws `CommandError` or `SourceError`.
 */
export async function readConfigTree(target: ConfigTarget, io: Io): Promise<ConfigTree> {
  const read = isUrl(target.where) ? await readRemote(target, io) : await readLocal(target, io);
  const { root } = read.tree;
  if (root.path !== "" && root.entries.length === 0) {
    throw new CommandError(`there is no folder "${root.path}" in ${scrubUrls(target.where)}`);
  }
  return read;
}

/** URLs, and what Git takes for one: `user@host:path`. The source says which of them it can read. */
export function isUrl(where: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(where) || /^[^/\\]+@[^/\\]+:/.test(where);
}

async function readRemote({ where, ref, path, remote }: ConfigTarget, io: Io): Promise<ConfigTree> {
  const scratch = await mkdtemp(join(tmpdir(), "gloo-check-"));
  try {
    const options = { url: where, dataDir: join(scratch, "mirror"), ...remote };
    return await readCommitted(withRef(options, ref, path), `fetching ${scrubUrls(where)}`, io);
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function readLocal({ where, ref, path = "" }: ConfigTarget, io: Io): Promise<ConfigTree> {
  const folder = resolve(io.cwd, where);
  if (!exists(folder)) throw new CommandError(`there is no folder "${where}"`);
  if (!isFolder(folder)) {
    throw new CommandError(
      `"${where}" is a file; give the folder that holds the whole config, for objects refer to each other`,
    );
  }
  if (ref !== undefined || isBare(folder)) {
    const repository = enclosingRepository(folder, where);
    const base = [relative(repository, folder).split(sep).join("/"), path]
      .filter(Boolean)
      .join("/");
    return readCommitted(withRef({ url: repository }, ref, base), `reading ${where}`, io);
  }
  const { readWorkTree } = await import("../../source/work-tree.js");
  const basePath = slashless(path);
  const leadsOut = basePath.split("/").includes("..");
  if (leadsOut || !isFolder(join(folder, basePath))) {
    throw new CommandError(`there is no folder "${path}" in ${where}`);
  }
  const tree = await withProgress(io, `reading ${where}`, async () => {
    const ignores = await ignoredPaths(folder, io.signal);
    return readWorkTree({ folder, basePath, ignores }, io.signal);
  });
  return { tree, commit: undefined, prefix: prefixOf(folder, where, io.cwd) };
}

/** Reads what is committed, under a progress line. */
export async function readCommitted(
  options: GitRepositoryOptions,
  doing: string,
  io: Io,
): Promise<ConfigTree> {
  const { createGitRepository } = await import("../../source/create-git-repository.js");
  const repository = createGitRepository(options);
  try {
    return await withProgress(io, doing, async () => {
      const head = await repository.head(io.signal);
      await repository.fetch(head, undefined, io.signal);
      const tree = await repository.tree(head, io.signal);
      return { tree, commit: tree.commit.oid, prefix: "" };
    });
  } finally {
    await repository.close();
  }
}

function withRef(
  options: GitRepositoryOptions,
  ref: string | undefined,
  basePath: string | undefined,
): GitRepositoryOptions {
  return { ...options, ...(ref === undefined ? {} : { ref }), ...(basePath ? { basePath } : {}) };
}

/** A bare repository has no files of its own that config could be read from. */
export function isBare(folder: string): boolean {
  const has = (name: string): boolean => exists(join(folder, name));
  return !has(".git") && has("HEAD") && has("objects") && has("refs");
}

/** The repository that a folder is, or lies in. Throws `CommandError` if there is none. */
export function enclosingRepository(folder: string, where: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (isBare(at) || exists(join(at, ".git"))) return at;
    if (dirname(at) === at) {
      throw new CommandError(`"${where}" is in no Git repository, so --ref has no meaning`);
    }
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** `env/prod` for `./env//prod/`. */
export function slashless(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** Below the working folder places are relative to it, elsewhere to what was typed. */
export function prefixOf(folder: string, where: string, cwd: string): string {
  const inside = relative(cwd, folder).split(sep).join("/");
  if (inside === "") return "";
  const shown = inside.startsWith("..") ? where.replace(/\/+$/, "") : inside;
  return `${shown}/`;
}
