import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { RawObject } from "../../parse/documents.js";
import { createParser } from "../../parse/parse-tree.js";
import { settingsFileName } from "../../parse/repository-settings.js";
import type { SourceTree } from "../../source/source-tree.js";
import { CommandError, type Io } from "../io.js";
import { buildTree, type BuildOptions, type BuiltConfig } from "./build-config.js";
import {
  below,
  findChangedFiles,
  readFiles,
  readObjectsBefore,
  type ChangedFiles,
  type ChangeOptions,
} from "./changed-files.js";
import { isBare, isUrl, prefixOf, slashless, type ConfigTarget } from "./config-tree.js";
import { createFileSearch, type FileSearch } from "./file-search.js";
import { stringsIn, wordsOf } from "./object-words.js";

/** What came of looking at a change alone. */
export interface ChangedConfig {
  readonly built: BuiltConfig;
  /** How many files of the config changed. */
  readonly changed: number;
  /** How many others refer to what is in them, or have domains in common with it. */
  readonly dependents: number;
}

/** Why a change cannot be looked at alone: then the whole config is to be. */
export interface WholeConfig {
  readonly whole: string;
}

/** More words than this are not searched for. */
const maxWords = 500;

const veryMany: WholeConfig = { whole: "very much depends on the change" };

/**
 * Builds the part of a config that differs from a commit, with what refers to it and what that refers to:
 * the other files are searched for names instead of read. Says what is wrong with changed files and those
 * that refer to them, and nothing of others. Throws `CommandError`.
 */
export async function buildChanged(
  rev: string,
  target: ConfigTarget,
  options: BuildOptions,
  io: Io,
): Promise<ChangedConfig | WholeConfig> {
  const folder = resolve(io.cwd, target.where);
  if (isUrl(target.where) || target.ref !== undefined || isBare(folder)) {
    throw new CommandError("--changed is for files on disk, in a clone of the repository");
  }
  const base = slashless(target.path ?? "");
  if (statSync(join(folder, base), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new CommandError(`there is no folder "${target.path ?? ""}" in ${target.where}`);
  }
  // What builds is loaded while Git looks; should that fail, it is told of where it is needed.
  import("../../app/build-once.js").catch(() => undefined);
  const place: ChangeOptions = { folder, basePath: base, rev };
  const prefix = prefixOf(folder, target.where, io.cwd);
  const files = await findChangedFiles(place, io);
  if (files === undefined) return { whole: "very many files changed" };
  const search = createFileSearch(place, io);
  const found = await findPart(place, files, search, io);
  if ("whole" in found) return found;

  const shown = new Set([...files.paths, ...found.dependents].map((path) => prefix + path));
  const build = async (context: readonly string[]): Promise<BuiltConfig> => {
    const paths = [...files.paths, ...found.dependents, ...context];
    const tree = await readFiles(place, paths, io);
    const source = { tree, commit: undefined, prefix };
    const built = await buildTree(Promise.resolve(source), options, io);
    const isShown = ({ location }: Diagnostic): boolean =>
      location !== undefined && shown.has(location.file);
    return { ...built, diagnostics: built.diagnostics.filter(isShown) };
  };

  const built = await build(found.context);
  const counts = { changed: files.paths.length, dependents: found.dependents.length };
  if (!built.diagnostics.some(missesObject)) return { built, ...counts };
  // What is said to be missing may lie where it was not looked for.
  const mentioning = await search.mentions(found.references);
  if (mentioning === undefined) return veryMany;
  return { built: await build([...found.context, ...mentioning]), ...counts };
}

/** Whether it says that an object is not there. */
function missesObject({ code }: Diagnostic): boolean {
  return code.startsWith("reference/unknown-");
}

/** The files that say what is wrong with a change. */
interface Part {
  readonly dependents: readonly string[];
  /** What the change and its dependents may refer to. */
  readonly references: readonly string[];
  readonly context: readonly string[];
}

async function findPart(
  place: ChangeOptions,
  files: ChangedFiles,
  search: FileSearch,
  io: Io,
): Promise<Part | WholeConfig> {
  if (files.paths.includes(below(place.basePath, settingsFileName))) {
    return { whole: `${settingsFileName} changed, on which everything depends` };
  }
  if (files.paths.length === 0) return { dependents: [], references: [], context: [] };
  const [now, before, shared] = await Promise.all([
    readFiles(place, files.paths, io).then(objectsIn),
    readObjectsBefore(place, files, io),
    search.shared(),
  ]);
  if (before === undefined) return { whole: "a very large file changed" };
  const changed = [...now, ...before];
  if (changed.some(({ kind }) => kind === "Role" || kind === "Attribute")) {
    return { whole: "a role or an attribute changed, on which much may depend" };
  }
  const dependents = await findDependents(place, files, claimsOf(changed, files), search, io);
  if (dependents === undefined || shared === undefined) return veryMany;
  const references = [...wordsOf([...now, ...dependents.objects]).references];
  const declaring = references.length > maxWords ? undefined : await search.mayDeclare(references);
  if (declaring === undefined) return veryMany;
  return { dependents: dependents.paths, references, context: [...shared, ...declaring] };
}

/** What others may know a change by. */
interface Claims {
  readonly words: ReadonlySet<string>;
  /** Those of them that an upstream may have too. */
  readonly ofUpstreams: ReadonlySet<string>;
}

function claimsOf(changed: readonly RawObject[], { paths }: ChangedFiles): Claims {
  const ofFiles = paths.flatMap(namesOfFile).map((name) => name.toLowerCase());
  const upstreams = changed.filter(({ kind }) => kind === "Upstream");
  return {
    words: new Set([...wordsOf(changed).claims, ...ofFiles]),
    ofUpstreams: new Set([...wordsOf(upstreams).claims, ...ofFiles]),
  };
}

/** The files that mention one of the words as a value, without the changed ones. */
async function findDependents(
  place: ChangeOptions,
  files: ChangedFiles,
  { words, ofUpstreams }: Claims,
  search: FileSearch,
  io: Io,
): Promise<{ readonly paths: readonly string[]; readonly objects: RawObject[] } | undefined> {
  if (words.size > maxWords) return undefined;
  const searched = [...words].filter((word) => word !== "*");
  const [mentioning, open] = await Promise.all([
    search.mentions(searched),
    words.has("*") ? search.openHosts() : [],
  ]);
  if (mentioning === undefined || open === undefined) return undefined;
  const own = new Set(files.paths);
  const others = [...new Set([...mentioning, ...open])].filter((path) => !own.has(path));
  if (others.length === 0) return { paths: [], objects: [] };
  // A search finds words; which values they are part of is told by reading.
  const objects = objectsIn(await readFiles(place, others, io)).filter((object) => {
    const wanted = object.kind === "Upstream" ? ofUpstreams : words;
    const values = [...stringsIn(object.value), ...wordsOf([object]).claims];
    return values.some((value) => wanted.has(value));
  });
  return { paths: [...new Set(objects.map(({ origin }) => origin.file))], objects };
}

function objectsIn(tree: SourceTree): readonly RawObject[] {
  return createParser().parseTree(tree).value.objects;
}

/** What objects call a file: its path below a folder named `files`. */
function namesOfFile(path: string): readonly string[] {
  const parts = path.split("/");
  const folder = parts.indexOf("files");
  return folder < 0 ? [] : [parts.slice(folder + 1).join("/")];
}
