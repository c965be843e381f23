import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { EditError } from "../../edit/edit-error.js";
import type { FormatFile, FormatOptions } from "../../edit/format-file.js";
import { decodeText } from "../../parse/decode-text.js";
import { defaultParseLimits } from "../../parse/limits.js";
import { parseFile } from "../../parse/parse-file.js";
import type { DiskFile } from "./find-files.js";

/** What became of one file. */
export interface FormattedFile {
  readonly file: DiskFile;
  readonly before: string;
  /** Undefined: it is left alone. */
  readonly after: string | undefined;
  /** Why it is left alone. */
  readonly diagnostics: readonly Diagnostic[];
  /** The same in words, where there is no place to name. */
  readonly reason: string | undefined;
}

/** Formats one file; writes nothing. */
export function formatOne(
  format: FormatFile,
  file: DiskFile,
  options: FormatOptions,
): FormattedFile {
  const { shown, bytes, scope } = file;
  const before = decodeText(bytes).text;
  try {
    const after = format({ path: shown, bytes, scope }, options);
    return { file, before, after, diagnostics: [], reason: undefined };
  } catch (cause) {
    if (!(cause instanceof EditError)) throw cause;
    const diagnostics = faultsOf(file);
    return { file, before, after: undefined, diagnostics, reason: cause.message };
  }
}

/** Where a file cannot be read. */
function faultsOf({ shown, bytes, scope }: DiskFile): readonly Diagnostic[] {
  const name = shown.slice(shown.lastIndexOf("/") + 1);
  const source = { kind: "file", path: shown, name, oid: "", bytes } as const;
  const { diagnostics } = parseFile(source, scope, defaultParseLimits);
  return diagnostics.filter(({ severity, location }) => severity === "error" && location);
}
