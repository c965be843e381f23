import { resolve } from "node:path";
import type { BuildOnceOptions, OneBuild } from "../../app/build-once.js";
import type { Confinement } from "../../model/confinement.js";
import { withProgress, type Io } from "../io.js";
import { printable } from "../printable.js";
import { readConfigTree, type ConfigTarget, type ConfigTree } from "./config-tree.js";
import { placeIn } from "./place-under.js";

/** A config, and what the pipeline made of it. */
export interface BuiltConfig extends OneBuild {
  readonly commit: string | undefined;
  /** How many files were looked at. */
  readonly files: number;
  /** The tree that it was built from, and where its places lead from. */
  readonly source: ConfigTree;
}

/** What a config is built with. */
export interface BuildOptions {
  readonly secretsDir?: string;
  readonly ageKeyFile?: string;
  readonly plugin?: readonly string[];
  /** What repositories beside the first one may declare. Default: there are none. */
  readonly confinements?: readonly Confinement[];
}

/**
 * Reads and builds the config that is meant. Says on stderr what is wrong with files of the secrets
 * folder. Places of diagnostics lead there from the working folder.
 */
export async function buildConfig(
  target: ConfigTarget,
  options: BuildOptions,
  io: Io,
): Promise<BuiltConfig> {
  return buildTree(readConfigTree(target, io), options, io);
}

/** As {@link buildConfig}, of a tree that is still being read. */
export async function buildTree(
  reading: Promise<ConfigTree>,
  options: BuildOptions,
  io: Io,
): Promise<BuiltConfig> {
  // What builds takes as long to load as the config takes to read: both at once.
  const loading = Promise.all([import("../../app/build-once.js"), import("./list-files.js")]);
  const source = await reading;
  const [{ buildOnce }, { listFiles }] = await loading;
  const files = listFiles(source.tree.root).length;
  const build = await withProgress(io, `checking ${files} files`, () =>
    buildOnce(source.tree, buildOnceOptionsOf(options, io)),
  );
  for (const { ref, message } of printable(build.secretProblems)) {
    io.stderr(`gloo: secret "${ref}" is not used: ${message}\n`);
  }
  const diagnostics = placeIn(source, build.diagnostics);
  return { ...build, diagnostics, commit: source.commit, files, source };
}

/** What the options mean. File names start from the working folder; the variable is that of SOPS. */
export function buildOnceOptionsOf(
  { secretsDir, ageKeyFile, plugin, confinements }: BuildOptions,
  io: Pick<Io, "cwd" | "env">,
): BuildOnceOptions {
  const keyFile = ageKeyFile ?? io.env["SOPS_AGE_KEY_FILE"];
  return {
    ...(secretsDir === undefined ? {} : { secretsDir: resolve(io.cwd, secretsDir) }),
    ...(keyFile === undefined ? {} : { ageKeyFile: resolve(io.cwd, keyFile) }),
    ...(plugin === undefined ? {} : { plugins: plugin }),
    ...(confinements === undefined ? {} : { confinements }),
  };
}
