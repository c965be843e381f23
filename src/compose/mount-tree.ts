import { createHash } from "node:crypto";
import { compareText } from "../lib/compare.js";
import type { SourceEntry, SourceFolder } from "../source/source-tree.js";

/** Puts the trees of repositories into one. What did not change between two calls is the same object. */
export interface TreeMounter {
  /** `first` is the root; each of the others becomes a folder of it, by its name there. */
  mount(first: SourceFolder, others: ReadonlyMap<string, SourceFolder>): SourceFolder;
}

/** Makes a mounter that has put nothing together yet. */
export function createTreeMounter(): TreeMounter {
  const movers = new Map<string, Mover>();
  return {
    mount(first, others) {
      const mounts = [...others].map(([name, tree]) => {
        let mover = movers.get(name);
        if (mover === undefined) movers.set(name, (mover = createMover(name)));
        return mover(tree);
      });
      const entries = [...first.entries, ...mounts].sort((a, b) => compareText(a.name, b.name));
      return { ...first, oid: oidOf([first, ...mounts]), entries };
    },
  };
}

/** Gives the root of a repository as the folder that it becomes. */
type Mover = (root: SourceFolder) => SourceFolder;

function createMover(name: string): Mover {
  const roots = new WeakMap<SourceFolder, SourceFolder>();
  const moved = new WeakMap<SourceEntry, SourceEntry>();
  const move = (entry: SourceEntry, base: string): SourceEntry => {
    let result = moved.get(entry);
    if (result === undefined) {
      const path = `${name}/${base === "" ? entry.path : entry.path.slice(base.length + 1)}`;
      result =
        entry.kind === "folder"
          ? { ...entry, path, entries: entry.entries.map((inner) => move(inner, base)) }
          : { ...entry, path };
      moved.set(entry, result);
    }
    return result;
  };
  return (root) => {
    let result = roots.get(root);
    if (result === undefined) {
      const entries = root.entries.map((entry) => move(entry, root.path));
      result = { kind: "folder", path: name, name, oid: root.oid, entries, isMount: true };
      roots.set(root, result);
    }
    return result;
  };
}

function oidOf(parts: readonly SourceFolder[]): string {
  const hash = createHash("sha1");
  for (const { name, oid } of parts) hash.update(`${name} ${oid}\n`);
  return hash.digest("hex");
}
