import { relative, resolve, sep } from "node:path";
import { mergeBaseOf } from "../find-commit.js";
import { CommandError, type Io } from "../io.js";
import { buildTree, type BuildOptions, type BuiltConfig } from "./build-config.js";
import { enclosingRepository, isUrl, readCommitted, type ConfigTarget } from "./config-tree.js";
import { moveFiles } from "./place-under.js";

/** The commit that a change started from. */
export interface Base {
  /** As it was asked for. */
  readonly rev: string;
  /** The newest commit that the change and `rev` have in common. */
  readonly commit: string;
}

/** Finds where the change that is checked started from. Throws `CommandError`. */
export async function findBase(rev: string, target: ConfigTarget, io: Io): Promise<Base> {
  if (isUrl(target.where)) {
    throw new CommandError("--base compares within a repository on this machine; clone it");
  }
  const folder = resolve(io.cwd, target.where);
  return { rev, commit: await mergeBaseOf(folder, rev, target.ref ?? "HEAD", io) };
}

/** Builds the config of a base. Its diagnostics are in files named as those of `built`, which it is the base of. */
export async function buildBase(
  { commit }: Base,
  target: ConfigTarget,
  built: BuiltConfig,
  options: BuildOptions,
  io: Io,
): Promise<BuiltConfig> {
  const folder = resolve(io.cwd, target.where);
  const repository = enclosingRepository(folder, target.where);
  const lead = relative(repository, folder).split(sep).join("/");
  const basePath = [lead, target.path ?? ""].filter(Boolean).join("/");
  const where = { url: repository, ref: commit, ...(basePath === "" ? {} : { basePath }) };
  const base = await buildTree(readCommitted(where, "reading what was before", io), options, io);
  // What is committed is named from the root of the repository, what is on disk from the working folder.
  const isOnDisk = built.commit === undefined;
  const leadIn = isOnDisk && lead !== "" ? `${lead}/` : "";
  const { prefix } = built.source;
  const rename = (file: string): string =>
    prefix + (file.startsWith(leadIn) ? file.slice(leadIn.length) : file);
  return { ...base, diagnostics: moveFiles(base.diagnostics, rename) };
}
