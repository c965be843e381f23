import { resolve } from "node:path";
import { readRepositoriesFile } from "../../app/repositories-file.js";
import { createTreeMounter } from "../../compose/mount-tree.js";
import { mountNameOf, type Confinement } from "../../model/confinement.js";
import { CommandError, type Io } from "../io.js";
import { readConfigTree, type ConfigTarget, type ConfigTree } from "./config-tree.js";

/** How a repository beside the first one is checked. */
export interface BesideOptions {
  /** The first repository: a folder, a repository on this machine, or a URL. */
  readonly beside?: string;
  /** What this one is called among several. */
  readonly as?: string;
  /** Says what this one may declare. */
  readonly repositoriesFile?: string;
}

/** A config that is part of a larger one, and its bounds there. */
export interface ComposedConfig {
  readonly tree: Promise<ConfigTree>;
  readonly confinements: readonly Confinement[];
}

/**
 * The config that is meant together with the first repository, as a control plane composes both. Places of
 * its own files lead there as ever; those of the first one begin with `platform:`. Throws `CommandError`.
 */
export function composedConfigOf(
  target: ConfigTarget,
  options: BesideOptions,
  io: Io,
): ComposedConfig {
  const { beside, as: name, repositoriesFile } = options;
  if (beside === undefined || name === undefined) {
    throw new CommandError(
      "--beside and --as go together: the first repository, and what this one is called beside it",
    );
  }
  const entries =
    repositoriesFile === undefined ? [] : readRepositoriesFile(resolve(io.cwd, repositoriesFile));
  const own = entries.find((entry) => entry.name === name);
  if (repositoriesFile !== undefined && own === undefined) {
    const known = entries.map((entry) => entry.name).join(", ");
    throw new CommandError(
      `there is no repository "${name}" in ${repositoriesFile}; there is ${known || "none"}`,
    );
  }
  return {
    tree: readBoth(target, beside, name, io),
    confinements: own === undefined ? [] : [own.confinement],
  };
}

async function readBoth(
  target: ConfigTarget,
  beside: string,
  name: string,
  io: Io,
): Promise<ConfigTree> {
  const own = await readConfigTree(target, io);
  const { remote } = target;
  const first = await readConfigTree({ where: beside, ...(remote && { remote }) }, io);
  const mount = mountNameOf(name);
  const root = createTreeMounter().mount(first.tree.root, new Map([[mount, own.tree.root]]));
  const base = own.tree.root.path === "" ? "" : `${own.tree.root.path}/`;
  return {
    ...own,
    tree: { commit: own.tree.commit, root },
    placeOf: (file) =>
      file.startsWith(`${mount}/`)
        ? `${own.prefix}${base}${file.slice(mount.length + 1)}`
        : `platform:/${file}`,
  };
}
