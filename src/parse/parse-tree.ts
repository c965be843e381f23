import { diagnostic, type Diagnostic, type Outcome } from "../diagnostics/diagnostic.js";
import type { SourceFile, SourceFolder, SourceTree } from "../source/source-tree.js";
import { caseCollisions, refusalDiagnostic } from "./check-entry.js";
import { createFileIndex, createFileLister, type FolderFiles } from "./config-files.js";
import type { Documents, RawObject } from "./documents.js";
import { meantFolder, scopeOf, type Scope } from "./folder-scope.js";
import { defaultParseLimits, type ParseLimits } from "./limits.js";
import { parseFile, type Parsed } from "./parse-file.js";
import type { SealedFile } from "./sealed-file.js";
import {
  defaultSelection,
  isSettingsFile,
  selectionOf,
  settingsFileName,
  type Selection,
} from "./repository-settings.js";

/** Reads trees. Remembers what it made of files and folders, by identity. */
export interface Parser {
  parseTree(tree: SourceTree): Outcome<Documents>;
}

/** What was made of a file or folder, and under which circumstances. */
interface Remembered {
  readonly scope: Scope;
  readonly selection: Selection;
  readonly parsed: Parsed;
}

const noFolders: readonly FolderFiles[] = [];
const noSealed: readonly SealedFile[] = [];
const nothing: Parsed = { objects: [], unreadableNames: [], diagnostics: [], files: 0 };

/** Makes a parser. A tree that differs from an earlier one in a file costs what that file costs. */
export function createParser(limits: Partial<ParseLimits> = {}): Parser {
  const allLimits = { ...defaultParseLimits, ...limits };
  const folders = new WeakMap<SourceFolder, Remembered>();
  const files = new WeakMap<SourceFile, Remembered>();
  const selections = new WeakMap<SourceFile, Selection>();
  const filesIn = createFileLister();
  const indexFiles = createFileIndex();

  function selectionFor(root: SourceFolder): Selection {
    const file = root.entries.find(isSettingsFile);
    if (file === undefined) return defaultSelection;
    let selection = selections.get(file);
    if (selection === undefined) selections.set(file, (selection = selectionOf(file, allLimits)));
    return selection;
  }

  function parseFileOnce(file: SourceFile, scope: Scope, selection: Selection): Parsed {
    const known = files.get(file);
    // The selection says whether a file is read at all; what it holds does not depend on it.
    if (known?.scope === scope) return known.parsed;
    const parsed = parseFile(file, scope, allLimits);
    files.set(file, { scope, selection, parsed });
    return parsed;
  }

  function parseFolder(
    folder: SourceFolder,
    scope: Scope,
    selection: Selection,
    base: string,
  ): Parsed {
    const known = folders.get(folder);
    if (known?.scope === scope && known.selection === selection) return known.parsed;
    const parts: Parsed[] = [];
    const found: Diagnostic[] = scope === "none" ? [] : [...caseCollisions(folder.entries)];
    for (const entry of folder.entries) {
      const path = base === "" ? entry.path : entry.path.slice(base.length + 1);
      switch (entry.kind) {
        case "folder": {
          if (entry.isMount === true) {
            const own = selectionFor(entry);
            found.push(...own.diagnostics);
            parts.push(parseFolder(entry, "open", own, entry.path));
            break;
          }
          if (selection.ignores(path)) break;
          const inner = scopeOf(entry.name, scope);
          if (inner === "none") break;
          if (inner === "files") {
            parts.push({ ...nothing, folders: [filesIn(entry)] });
            break;
          }
          const near = inner === "open" ? meantFolder(entry.name) : undefined;
          if (near !== undefined) found.push(unknownFolder(entry, near));
          parts.push(parseFolder(entry, inner, selection, base));
          break;
        }
        case "file":
          if (scope === "secrets") parts.push(parseSecret(entry, selection, path));
          else if (scope !== "none" && path !== settingsFileName && selection.includes(path)) {
            parts.push(parseFileOnce(entry, scope, selection));
          }
          break;
        case "refused": {
          if (selection.ignores(path)) break;
          const refusal = refusalDiagnostic(entry, scope, selection.includes(path));
          if (refusal !== undefined) found.push(refusal);
          break;
        }
        case "skipped":
          if (scope === "secrets" && !selection.ignores(path) && !isProse(entry.name)) {
            found.push(clearText(entry.path));
          }
          break;
      }
    }
    const parsed = join(parts, found);
    folders.set(folder, { scope, selection, parsed });
    return parsed;
  }

  function parseSecret(file: SourceFile, selection: Selection, path: string): Parsed {
    if (selection.ignores(path) || isProse(file.name)) return nothing;
    if (/\.(?:ya?ml|json)$/i.test(file.name)) return parseFileOnce(file, "secrets", selection);
    return { ...nothing, diagnostics: [clearText(file.path)] };
  }

  return {
    parseTree({ root }) {
      const selection = selectionFor(root);
      const parsed = parseFolder(root, "open", selection, root.path);
      const { files, diagnostics: ofFiles } = indexFiles(parsed.folders ?? noFolders);
      const diagnostics = [...selection.diagnostics, ...parsed.diagnostics, ...ofFiles];
      // Git has no empty folders.
      if (root.path !== "" && root.entries.length === 0) {
        const location = { file: root.path, line: 1, column: 1 };
        diagnostics.push(diagnostic("tree/missing-folder", { folder: root.path }, { location }));
      }
      if (parsed.files > allLimits.maxFiles) {
        const params = { limit: allLimits.maxFiles, found: parsed.files };
        const location = { file: root.path === "" ? "." : root.path, line: 1, column: 1 };
        diagnostics.push(diagnostic("tree/too-many-files", params, { location }));
      }
      return {
        value: {
          objects: parsed.objects,
          unreadableNames: new Set(parsed.unreadableNames),
          files,
          sealed: parsed.sealed ?? [],
          ...(selection.settings === undefined ? {} : { settings: selection.settings }),
        },
        diagnostics,
      };
    },
  };
}

function join(parts: readonly Parsed[], found: readonly Diagnostic[]): Parsed {
  const objects: RawObject[] = [];
  const unreadableNames: string[] = [];
  const diagnostics = [...found];
  const folders: FolderFiles[] = [];
  const sealed: SealedFile[] = [];
  let files = 0;
  for (const part of parts) {
    for (const object of part.objects) objects.push(object);
    for (const name of part.unreadableNames) unreadableNames.push(name);
    for (const diagnosed of part.diagnostics) diagnostics.push(diagnosed);
    for (const folder of part.folders ?? noFolders) folders.push(folder);
    for (const file of part.sealed ?? noSealed) sealed.push(file);
    files += part.files;
  }
  return {
    objects,
    unreadableNames,
    diagnostics,
    files,
    ...(folders.length > 0 && { folders }),
    ...(sealed.length > 0 && { sealed }),
  };
}

/** Files in `secrets/` that are there for people or for Git. */
function isProse(name: string): boolean {
  return name.startsWith(".") || /\.(?:md|txt)$/i.test(name) || name === "README";
}

function clearText(path: string): Diagnostic {
  return diagnostic("secrets/clear-text", {}, { location: { file: path, line: 1, column: 1 } });
}

function unknownFolder(folder: SourceFolder, near: string): Diagnostic {
  const location = { file: folder.path, line: 1, column: 1 };
  return diagnostic("tree/unknown-folder", { folder: folder.name, near }, { location });
}
