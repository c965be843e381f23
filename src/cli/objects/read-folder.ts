import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { SourceEntry, SourceFolder } from "../../source/source-tree.js";
import type { Io } from "../io.js";
import {
  readGivenText,
  readObjects,
  readTreeObjects,
  treeOfFolder,
  type GivenObject,
} from "./read-objects.js";

/** Reads the objects of a file, of all files in a folder, or for `-` of what comes in. */
export async function readObjectsAt(where: string, io: Io): Promise<readonly GivenObject[]> {
  const isFolder = where !== "-" && (await stat(resolve(io.cwd, where))).isDirectory();
  if (!isFolder) return readObjects(await readGivenText(where, io), undefined);
  const root = await readFolder(resolve(io.cwd, where), "", "", io.signal);
  return readTreeObjects(treeOfFolder(root), { where, shownOf: (path) => join(where, path) });
}

/** The YAML and JSON below a folder. Secrets in clear text and what begins with a dot are not read. */
async function readFolder(
  place: string,
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<SourceFolder> {
  signal.throwIfAborted();
  const entries: SourceEntry[] = [];
  const found = await readdir(place, { withFileTypes: true });
  for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const inner = path === "" ? entry.name : `${path}/${entry.name}`;
    const at = join(place, entry.name);
    if (entry.isDirectory()) {
      if (unread.has(entry.name)) continue;
      entries.push(await readFolder(at, inner, entry.name, signal));
    } else if (entry.isFile() && /\.(?:ya?ml|json)$/i.test(entry.name)) {
      const bytes = await readFile(at);
      entries.push({ kind: "file", path: inner, name: basename(inner), oid: inner, bytes });
    }
  }
  return { kind: "folder", path, name, oid: path, entries };
}

const unread: ReadonlySet<string> = new Set(["secrets", "files", "tests", "node_modules"]);
