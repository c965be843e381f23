import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.js";
import type { SourceFile, SourceFolder, SourceTree } from "../source/source-tree.js";
import type { RawSettings } from "./documents.js";
import { scopeOf } from "./folder-scope.js";
import { defaultParseLimits, type ParseLimits } from "./limits.js";
import { parseMappings } from "./parse-file.js";
import {
  defaultSelection,
  isSettingsFile,
  selectionOf,
  type Selection,
} from "./repository-settings.js";

/** One document of a test file, before any check. Unchanged files give the same objects. */
export type RawTests = RawSettings;

/** Reads the files below folders named `tests`. Remembers what it made of files and folders. */
export interface TestReader {
  readTests(tree: SourceTree): Outcome<readonly RawTests[]>;
}

interface Found {
  readonly documents: readonly RawTests[];
  readonly diagnostics: readonly Diagnostic[];
}

const nothing: Found = { documents: [], diagnostics: [] };
const testFile = /\.(?:ya?ml|json)$/i;

/** Makes a reader. A tree without such folders costs a look at its folders, once for each. */
export function createTestReader(limits: Partial<ParseLimits> = {}): TestReader {
  const allLimits = { ...defaultParseLimits, ...limits };
  const files = new WeakMap<SourceFile, Found>();
  const inside = new WeakMap<SourceFolder, readonly SourceFile[]>();

  /** The files of folders named `tests`, at any depth. */
  function filesBelow(folder: SourceFolder, isTests: boolean): readonly SourceFile[] {
    const known = inside.get(folder);
    if (known !== undefined) return known;
    const found: SourceFile[] = [];
    for (const entry of folder.entries) {
      if (entry.kind === "folder") {
        const scope = scopeOf(entry.name, "open");
        if (entry.name.startsWith(".") || scope === "files" || scope === "secrets") continue;
        for (const file of filesBelow(entry, isTests || scope === "none")) found.push(file);
      } else if (isTests && entry.kind === "file" && testFile.test(entry.name)) found.push(entry);
    }
    inside.set(folder, found);
    return found;
  }

  function read(file: SourceFile): Found {
    let known = files.get(file);
    if (known === undefined) files.set(file, (known = parseMappings(file, allLimits)));
    return known;
  }

  function selectionFor({ entries }: SourceFolder): Selection {
    const settings = entries.find(isSettingsFile);
    return settings === undefined ? defaultSelection : selectionOf(settings, allLimits);
  }

  return {
    readTests({ root }) {
      const all = filesBelow(root, false);
      if (all.length === 0) return { value: nothing.documents, diagnostics: nothing.diagnostics };
      const { ignores } = selectionFor(root);
      const below = root.path === "" ? 0 : root.path.length + 1;
      const found = all.filter(({ path }) => !ignores(path.slice(below))).map(read);
      return {
        value: found.flatMap(({ documents }) => documents),
        diagnostics: found.flatMap(({ diagnostics }) => diagnostics),
      };
    },
  };
}
