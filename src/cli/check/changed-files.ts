import { join } from "node:path";
import { settingsFileName } from "../../parse/repository-settings.js";
import type { SourceTree } from "../../source/source-tree.js";
import { wantsConfig } from "../../source/wanted-path.js";
import type { Io } from "../io.js";
import { enclosingRepository, readCommitted } from "./config-tree.js";
import { askGit, mergeBaseOf, pathsIn, resolveCommit } from "./git-command.js";

/** Which config is compared with what. */
export interface ChangeOptions {
  readonly folder: string;
  /** Below `folder`; `""` is the folder itself. */
  readonly basePath: string;
  readonly rev: string;
}

/** The files of a config that changed, added and deleted ones included. */
export interface ChangedFiles {
  /** The commit that they are compared with. */
  readonly since: string;
  /** From the folder. */
  readonly paths: readonly string[];
}

/** More than this is no small change. */
const maxPaths = 2_000;

/**
 * Finds what differs between the files on disk and the newest commit that HEAD and `rev` share: Git's index
 * tells by the files' times and sizes which it has to look at. Undefined: very much.
 */
export async function findChangedFiles(
  { folder, basePath, rev }: ChangeOptions,
  io: Io,
): Promise<ChangedFiles | undefined> {
  const since =
    rev === "HEAD"
      ? await resolveCommit(folder, rev, io)
      : await mergeBaseOf(folder, rev, "HEAD", io);
  const cwd = join(folder, basePath);
  const diff = ["diff", "--name-only", "--relative", "--no-renames", "--no-ext-diff", "-z", since];
  const fresh = ["ls-files", "--others", "--exclude-standard", "-z"];
  const answers = await Promise.all([
    askGit(cwd, [...diff, "--", "."], io),
    askGit(cwd, [...fresh, "--", "."], io),
  ]);
  const lists = answers.map(pathsIn);
  const paths = lists.flatMap((list) => list ?? []).map((path) => below(basePath, path));
  if (lists.includes(undefined) || paths.length > maxPaths) return undefined;
  return { since, paths: [...new Set(paths)].filter(isLookedAt).sort() };
}

/** Whether it is config; assertions of routes say nothing without all of it. */
function isLookedAt(path: string): boolean {
  return wantsConfig(path) && !path.split("/").includes("tests");
}

/** Reads some files as they are on disk, and the settings of the repository. */
export async function readFiles(
  { folder, basePath }: ChangeOptions,
  paths: readonly string[],
  io: Io,
): Promise<SourceTree> {
  const { readWorkTree } = await import("../../source/work-tree.js");
  const wanted = withFolders([...paths, below(basePath, settingsFileName)]);
  return readWorkTree({ folder, basePath, ignores: (path) => !wanted.has(path) }, io.signal);
}

/** Reads some files as they were in a commit, in paths from the root of the repository. */
export async function readFilesBefore(
  { folder, basePath }: ChangeOptions,
  { since, paths }: ChangedFiles,
  io: Io,
): Promise<SourceTree> {
  const repository = enclosingRepository(folder, folder);
  const { ok, stdout } = await askGit(folder, ["rev-parse", "--show-prefix"], io);
  const lead = ok ? stdout.trim() : "";
  const wanted = new Set([...paths, below(basePath, settingsFileName)].map((path) => lead + path));
  const base = (lead + basePath).replace(/\/$/, "");
  const where = {
    url: repository,
    ref: since,
    wants: (path: string) => wanted.has(path),
    ...(base === "" ? {} : { basePath: base }),
  };
  return (await readCommitted(where, "reading what was before", io)).tree;
}

/** A path below the base path, from the folder. */
export function below(basePath: string, path: string): string {
  return basePath === "" ? path : `${basePath}/${path}`;
}

function withFolders(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const path of paths) {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (all.has(path.slice(0, end))) break;
      all.add(path.slice(0, end));
    }
  }
  return all;
}
