import { createBreather } from "../lib/breather.js";
import { compareText } from "../lib/compare.js";
import { readEntryName } from "./entry-name.js";
import { type SourceLimits, tooLarge } from "./limits.js";
import { CorruptObjectError, emptyTreeOid } from "./objects/git-object.js";
import type { ObjectStore } from "./objects/object-store.js";
import { parseTreeObject, type TreeEntry } from "./objects/tree-object.js";
import type {
  CommitInfo,
  SourceEntry,
  SourceFolder,
  SourceRefusal,
  SourceTree,
} from "./source-tree.js";
import type { WantsPath } from "./wanted-path.js";

/** What a tree is read from, and how much of it. */
export interface TreeReaderOptions {
  readonly basePath: string;
  readonly limits: SourceLimits;
  readonly wants: WantsPath;
}

/** Reads the files of commits. Remembers the last few trees, whose unchanged parts it gives again. */
export interface TreeReader {
  read(store: ObjectStore, commit: CommitInfo, signal: AbortSignal): Promise<SourceTree>;
}

/** How many trees back an unchanged file is still the same object: covers a revert or two. */
const rememberedTrees = 8;
/** Bytes of remembered trees, as if they shared nothing, in multiples of `maxTreeBytes`. */
const rememberedLimits = 2;

/** Makes a reader that has read nothing. */
export function createTreeReader(options: TreeReaderOptions): TreeReader {
  let known: readonly SourceFolder[] = [];
  return {
    async read(store, commit, signal) {
      const reading = createReading(store, options, signal);
      const path = options.basePath;
      const name = path.slice(path.lastIndexOf("/") + 1);
      const root = await reading.folder({ path, name, oid: commit.treeOid }, known, 0);
      known = keepRecent([root, ...known.filter((tree) => tree !== root)], options.limits);
      return { commit, root };
    },
  };
}

/** As many of the newest trees as may be remembered; always the newest. */
function keepRecent(
  trees: readonly SourceFolder[],
  { maxTreeBytes }: SourceLimits,
): readonly SourceFolder[] {
  let bytes = 0;
  return trees.slice(0, rememberedTrees).filter((tree, age) => {
    bytes += sizeOf(tree).bytes;
    return age === 0 || bytes <= rememberedLimits * maxTreeBytes;
  });
}

/** The oid of the tree at `path` below a commit's tree; the empty tree's if there is no such folder. */
export function treeOidAt(store: ObjectStore, rootOid: string, path: string): string {
  let oid = rootOid;
  for (const part of path.split("/").filter((name) => name !== "")) {
    const entry = readTreeObject(store, oid).find(
      ({ kind, name }) => kind === "tree" && name.toString("utf8") === part,
    );
    if (entry === undefined) return emptyTreeOid;
    oid = entry.oid;
  }
  return oid;
}

function readTreeObject(store: ObjectStore, oid: string): readonly TreeEntry[] {
  const { type, content } = store.read(oid);
  if (type !== "tree") throw new CorruptObjectError(`object ${oid} is not a tree`);
  return parseTreeObject(content);
}

interface Place {
  readonly path: string;
  readonly name: string;
  readonly oid: string;
}

function createReading(store: ObjectStore, options: TreeReaderOptions, signal: AbortSignal) {
  const { limits, wants } = options;
  const breathe = createBreather(signal);
  const counted = { entries: 0, bytes: 0 };

  /** `known` are folders at the same path in trees read earlier. */
  async function folder(
    place: Place,
    known: readonly SourceFolder[],
    depth: number,
  ): Promise<SourceFolder> {
    const same = known.find(({ oid }) => oid === place.oid);
    if (same !== undefined) {
      // A folder that was read for an earlier tree counts for this one too.
      const { entries, bytes } = sizeOf(same);
      add(entries, bytes);
      return same;
    }
    const entries: SourceEntry[] = [];
    const seen = new Set<string>();
    for (const entry of readTreeObject(store, place.oid)) {
      const { name, safe } = readEntryName(entry.name);
      const path = place.path === "" ? name : `${place.path}/${name}`;
      const here = { path, name, oid: entry.oid };
      // Git writes no tree with the same name twice; only one of the two could be meant.
      const sound = safe && !seen.has(name);
      seen.add(name);
      entries.push(
        sound ? await entryAt(here, entry.kind, known, depth) : refusal(here, "unsafe-name"),
      );
      const added = entries.at(-1);
      add(1, added?.kind === "file" ? added.bytes.length : 0);
      await breathe();
    }
    entries.sort((a, b) => compareText(a.name, b.name));
    return { kind: "folder", ...place, entries };
  }

  async function entryAt(
    place: Place,
    kind: TreeEntry["kind"],
    known: readonly SourceFolder[],
    depth: number,
  ): Promise<SourceEntry> {
    if (kind === "symlink" || kind === "submodule") return refusal(place, kind);
    if (kind === "file") return file(place, known);
    if (depth + 1 > limits.maxPathDepth) return refusal(place, "too-deep");
    const before = known.flatMap(({ entries }) => {
      const entry = entryNamed(entries, place.name);
      return entry?.kind === "folder" ? [entry] : [];
    });
    return folder(place, before, depth + 1);
  }

  function file(place: Place, known: readonly SourceFolder[]): SourceEntry {
    for (const { entries } of known) {
      const before = entryNamed(entries, place.name);
      if (before?.oid !== place.oid || before.kind === "folder") continue;
      if (before.kind !== "refused" || before.reason === "file-too-large") return before;
    }
    if (!wants(place.path)) return { kind: "skipped", ...place };
    const found = store.readWithin(place.oid, limits.maxFileBytes);
    if ("size" in found) return { ...refusal(place, "file-too-large"), size: found.size };
    if (found.type !== "blob") throw new CorruptObjectError(`object ${place.oid} is not a file`);
    return { kind: "file", ...place, bytes: found.content };
  }

  /** Counts an entry; a folder's content was counted when that was read. */
  function add(entries: number, bytes: number): void {
    counted.entries += entries;
    counted.bytes += bytes;
    if (counted.entries > limits.maxTreeEntries) {
      throw tooLarge("the number of files and folders", "maxTreeEntries", limits);
    }
    if (counted.bytes > limits.maxTreeBytes) {
      throw tooLarge("the config files together", "maxTreeBytes", limits);
    }
  }

  return { folder };
}

/** What is in a folder, to any depth. */
interface FolderSize {
  readonly entries: number;
  readonly bytes: number;
}

const sizes = new WeakMap<SourceFolder, FolderSize>();

function sizeOf(folder: SourceFolder): FolderSize {
  const known = sizes.get(folder);
  if (known !== undefined) return known;
  let [entries, bytes] = [folder.entries.length, 0];
  for (const entry of folder.entries) {
    if (entry.kind === "file") bytes += entry.bytes.length;
    if (entry.kind !== "folder") continue;
    const below = sizeOf(entry);
    entries += below.entries;
    bytes += below.bytes;
  }
  const size = { entries, bytes };
  sizes.set(folder, size);
  return size;
}

function refusal(place: Place, reason: SourceRefusal["reason"]): SourceRefusal {
  return { kind: "refused", ...place, reason };
}

/** Finds a name among entries in the order of their names. */
function entryNamed(entries: readonly SourceEntry[], name: string): SourceEntry | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.name < name) low = middle + 1;
    else high = middle;
  }
  const found = entries[low];
  return found?.name === name ? found : undefined;
}
