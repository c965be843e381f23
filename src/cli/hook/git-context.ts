import { delimiter, resolve } from "node:path";
import type { Io } from "../io.js";

/** Where Git is when it runs a hook. */
export interface GitContext {
  /** The repository: a bare one, or the `.git` of a work tree. */
  readonly folder: string;
  /** Where objects lie besides those of the repository: what is pushed is in quarantine until it is accepted. */
  readonly objectFolders: readonly string[];
}

/** Reads what Git says in the environment of its hooks (git(1), git-receive-pack(1) "quarantine"). */
export function gitContextOf({ env, cwd }: Pick<Io, "env" | "cwd">): GitContext {
  const borrowed = (env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] ?? "").split(delimiter);
  const folders = [env["GIT_OBJECT_DIRECTORY"] ?? "", ...borrowed].filter((path) => path !== "");
  return {
    folder: resolve(cwd, env["GIT_DIR"] ?? "."),
    objectFolders: folders.map((path) => resolve(cwd, path)),
  };
}
