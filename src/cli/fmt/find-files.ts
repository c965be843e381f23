import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { scopeOfPath } from "../../edit/file-objects.js";
import type { Scope } from "../../parse/folder-scope.js";
import { defaultParseLimits } from "../../parse/limits.js";
import {
  defaultSelection,
  isSettingsFile,
  selectionOf,
  settingsFileName,
} from "../../parse/repository-settings.js";
import type { SourceFile, SourceFolder } from "../../source/source-tree.js";
import { readWorkTree } from "../../source/work-tree.js";
import { ignoredPaths } from "../check/ignored-paths.js";
import { CommandError, type Io } from "../io.js";

/** A config file on disk. */
export interface DiskFile {
  /** For messages: from the working folder, where it lies in that. */
  readonly shown: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly scope: Scope;
}

/**
 * The config files among what a person names: files, and folders with what is in them, without what Git
 * or `gloo.yaml` ignores. Throws `CommandError` for a path that leads nowhere.
 */
export async function findFiles(paths: readonly string[], io: Io): Promise<readonly DiskFile[]> {
  const found = new Map<string, DiskFile>();
  for (const path of paths) {
    const full = resolve(io.cwd, path);
    const stats = await stat(full).catch(() => undefined);
    if (stats === undefined) throw new CommandError(`there is no file or folder "${path}"`);
    const files = stats.isDirectory() ? await filesIn(full, io) : [await fileAt(full, io)];
    for (const file of files) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.shown < b.shown ? -1 : 1));
}

async function fileAt(path: string, io: Io): Promise<DiskFile> {
  const scope = scopeOf(path, io);
  // Whoever names a file wants it formatted, wherever it lies.
  return {
    ...placeOf(path, io),
    bytes: await readFile(path),
    scope: scope === "none" ? "open" : scope,
  };
}

async function filesIn(folder: string, io: Io): Promise<readonly DiskFile[]> {
  const ignores = await ignoredPaths(folder, io.signal);
  const { root } = await readWorkTree({ folder, ignores }, io.signal);
  const settings = root.entries.find(isSettingsFile);
  const selection = settings ? selectionOf(settings, defaultParseLimits) : defaultSelection;
  return allFiles(root)
    .filter(({ path }) => path !== settingsFileName && selection.includes(path))
    .map(({ path, bytes }) => ({
      ...placeOf(join(folder, path), io),
      bytes,
      scope: scopeOf(join(folder, path), io),
    }))
    .filter(({ scope }) => scope !== "none" && scope !== "files" && scope !== "secrets");
}

function allFiles(folder: SourceFolder): readonly SourceFile[] {
  return folder.entries.flatMap((entry) => {
    if (entry.kind === "folder") return allFiles(entry);
    return entry.kind === "file" ? [entry] : [];
  });
}

/** Folders between the working folder and the file tell its kind; elsewhere, the folder it lies in. */
function scopeOf(path: string, io: Io): Scope {
  const inside = relative(io.cwd, path).split(sep).join("/");
  const isInside = !inside.startsWith("../");
  return scopeOfPath(isInside ? inside : `${basename(dirname(path))}/${basename(path)}`, "");
}

function placeOf(path: string, io: Io): Pick<DiskFile, "shown" | "path"> {
  const inside = relative(io.cwd, path).split(sep).join("/");
  return { path, shown: inside.startsWith("../") ? path : inside };
}
