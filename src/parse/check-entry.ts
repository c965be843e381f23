import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { SourceEntry, SourceRefusal } from "../source/source-tree.js";
import type { Scope } from "./folder-scope.js";
import { isKindScope } from "./folder-scope.js";

/** What is wrong with an entry that the source did not read. */
export function refusalDiagnostic(
  refused: SourceRefusal,
  scope: Scope,
  isIncluded: boolean,
): Diagnostic | undefined {
  const { path } = refused;
  const target = { location: { file: path, line: 1, column: 1 } };
  const matters = isIncluded || isKindScope(scope) || scope === "secrets";
  switch (refused.reason) {
    case "unsafe-name":
      return diagnostic("file/unsafe-name", { path }, target);
    case "too-deep":
      return diagnostic("file/too-deep", { path }, target);
    case "submodule":
      return scope === "none" ? undefined : diagnostic("file/submodule", { path }, target);
    case "symlink":
      return matters && scope !== "none" ? diagnostic("file/symlink", { path }, target) : undefined;
    case "file-too-large": {
      const params = { path, ...(refused.size === undefined ? {} : { bytes: refused.size }) };
      return isIncluded ? diagnostic("file/too-large", params, target) : undefined;
    }
  }
}

/** Warns of names in one folder that differ only in case, or in how their accents are encoded. */
export function caseCollisions(entries: readonly SourceEntry[]): readonly Diagnostic[] {
  const seen = new Map<string, SourceEntry>();
  const found: Diagnostic[] = [];
  for (const entry of entries) {
    const folded = entry.name.normalize("NFC").toLowerCase();
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, entry);
    else {
      const params = { name: entry.name, other: other.name };
      const location = { file: entry.path, line: 1, column: 1 };
      found.push(diagnostic("file/case-collision", params, { location }));
    }
  }
  return found;
}
