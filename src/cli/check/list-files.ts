import { defaultParseLimits } from "../../parse/limits.js";
import {
  defaultSelection,
  isSettingsFile,
  selectionOf,
  type Selection,
} from "../../parse/repository-settings.js";
import type { SourceFolder } from "../../source/source-tree.js";

/** The paths of the files of a config, without those that `gloo.yaml` ignores, in the order of the tree. */
export function listFiles(root: SourceFolder): readonly string[] {
  const settings = root.entries.find(isSettingsFile);
  const selection =
    settings === undefined ? defaultSelection : selectionOf(settings, defaultParseLimits);
  return listIn(root, root.path, selection);
}

function listIn({ entries }: SourceFolder, base: string, selection: Selection): readonly string[] {
  return entries.flatMap((entry) => {
    if (entry.kind === "folder" && entry.isMount === true) return listFiles(entry);
    if (selection.ignores(base === "" ? entry.path : entry.path.slice(base.length + 1))) return [];
    if (entry.kind === "folder") return listIn(entry, base, selection);
    return entry.kind === "file" ? [entry.path] : [];
  });
}
