import { join } from "node:path";
import { appendAll } from "../../lib/append-all.js";
import type { RawObject } from "../../parse/documents.js";
import { isKindScope, scopeOf, type Scope } from "../../parse/folder-scope.js";
import { defaultParseLimits } from "../../parse/limits.js";
import { parseFile } from "../../parse/parse-file.js";
import { settingsFileName } from "../../parse/repository-settings.js";
import type { SourceTree } from "../../source/source-tree.js";
import { wantsConfig } from "../../source/wanted-path.js";
import { tryGit } from "../ask-git.js";
import { mergeBaseOf, resolveCommit } from "../find-commit.js";
import type { Io } from "../io.js";
import { isCut, listPaths } from "./list-paths.js";

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
const maxPaths = 200;

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
  const lists = await Promise.all([
    listPaths(cwd, [...diff, "--", "."], io),
    listPaths(cwd, [...fresh, "--", "."], io),
  ]);
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

/**
 * The objects of some files as they were in the commit. A file that was not there had none. Undefined: one
 * is too large to be read so.
 */
export async function readObjectsBefore(
  { folder, basePath }: ChangeOptions,
  { since, paths }: ChangedFiles,
  io: Io,
): Promise<readonly RawObject[] | undefined> {
  const found: RawObject[] = [];
  for (let start = 0; start < paths.length; start += maxProcesses) {
    const some = paths.slice(start, start + maxProcesses);
    const answers = await Promise.all(
      some.map((path) => tryGit(["cat-file", "blob", `${since}:./${path}`], io, { cwd: folder })),
    );
    if (answers.some(isCut)) return undefined;
    answers.forEach(({ ok, stdout }, index) => {
      if (ok) appendAll(found, objectsIn(some[index] ?? "", stdout, basePath));
    });
  }
  return found;
}

/** Programs that run at a time. */
const maxProcesses = 8;

function objectsIn(path: string, text: string, basePath: string): readonly RawObject[] {
  const own = basePath === "" ? path : path.slice(basePath.length + 1);
  const folders = own.split("/");
  const name = folders.pop() ?? "";
  const scope = folders.reduce<Scope>((outer, inner) => scopeOf(inner, outer), "open");
  if (scope !== "open" && !isKindScope(scope)) return [];
  const file = { kind: "file", path, name, oid: "", bytes: Buffer.from(text) } as const;
  return parseFile(file, scope, defaultParseLimits).objects;
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
