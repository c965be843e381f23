import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { ConfigFile, ConfigFiles } from "../model/config-file.js";
import type { SourceFolder } from "../source/source-tree.js";

/** What lies in one folder named `files`: names below it, and the files. */
export type FolderFiles = readonly (readonly [name: string, file: ConfigFile])[];

/** Lists the files of folders. Remembers what it listed of folders, by identity. */
export function createFileLister(): (folder: SourceFolder) => FolderFiles {
  const known = new WeakMap<SourceFolder, FolderFiles>();
  const list = (folder: SourceFolder): FolderFiles => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const found: (readonly [string, ConfigFile])[] = [];
    for (const entry of folder.entries) {
      if (entry.name.startsWith(".")) continue;
      if (entry.kind === "file") found.push([entry.name, entry]);
      if (entry.kind !== "folder") continue;
      for (const [name, file] of list(entry)) found.push([`${entry.name}/${name}`, file]);
    }
    known.set(folder, found);
    return found;
  };
  return list;
}

/** All files of a tree by name, and what is wrong with the names. */
export interface IndexedFiles {
  readonly files: ConfigFiles;
  readonly diagnostics: readonly Diagnostic[];
}

/** Puts the files of all folders together; those of the same folders are the same answer. */
export function createFileIndex(): (folders: readonly FolderFiles[]) => IndexedFiles {
  let last: readonly FolderFiles[] = [];
  let answer: IndexedFiles = { files: new Map(), diagnostics: [] };
  return (folders) => {
    const isSame =
      folders.length === last.length && folders.every((folder, index) => folder === last[index]);
    if (!isSame) answer = indexFiles(folders);
    last = folders;
    return answer;
  };
}

function indexFiles(folders: readonly FolderFiles[]): IndexedFiles {
  const files = new Map<string, ConfigFile>();
  const diagnostics: Diagnostic[] = [];
  for (const [name, file] of folders.flat()) {
    const other = files.get(name);
    if (other === undefined) files.set(name, file);
    else {
      const location = { file: file.path, line: 1, column: 1 };
      diagnostics.push(
        diagnostic("file/ambiguous-name", { name, other: other.path }, { location }),
      );
    }
  }
  return { files, diagnostics };
}
