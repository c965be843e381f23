import { globMatcher } from "../lib/glob.js";
import type { JsonValue } from "../lib/json.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { SourceEntry, SourceFile } from "../source/source-tree.js";
import type { RawSettings } from "./documents.js";
import type { ParseLimits } from "./limits.js";
import { parseSettingsFile } from "./parse-file.js";

/** Which files config is read from, as `gloo.yaml` has it. */
export interface Selection {
  /** Undefined without a readable `gloo.yaml`. */
  readonly settings?: RawSettings;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the file at a path below the base path is read. */
  includes(path: string): boolean;
  /** Whether a path below the base path is none of this product's business. */
  ignores(path: string): boolean;
}

/** The name of the settings file, at the base path. */
export const settingsFileName = "gloo.yaml";

const configFile = /\.(?:ya?ml|json)$/i;

/** What holds without a `gloo.yaml`. */
export const defaultSelection: Selection = {
  diagnostics: [],
  includes: (path) => configFile.test(path),
  ignores: () => false,
};

/** Reads the selection out of `gloo.yaml`. What is wrong in it is left out; validation reports it. */
export function selectionOf(file: SourceFile, limits: ParseLimits): Selection {
  const { settings, diagnostics } = parseSettingsFile(file, limits);
  if (settings === undefined) return { ...defaultSelection, diagnostics };
  const include = settings.value["include"];
  const isIncluded = isNone(include) ? defaultSelection.includes : globMatcher(strings(include));
  const isIgnored = globMatcher(strings(settings.value["ignore"]));
  return {
    settings,
    diagnostics,
    includes: (path) => isIncluded(path) && configFile.test(path) && !isIgnored(path),
    ignores: isIgnored,
  };
}

/** Whether the entry is the settings file. */
export function isSettingsFile(entry: SourceEntry): entry is SourceFile {
  return entry.kind === "file" && entry.name === settingsFileName;
}

function isNone(value: JsonValue | undefined): boolean {
  return value === undefined || value === null;
}

function strings(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
