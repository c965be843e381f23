import { delimiter, resolve } from "node:path";
import { runProcess } from "../../envoy-binary/run-process.js";
import { CommandError, type Io } from "../io.js";

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

/** What Git prints, trimmed. Throws `CommandError` with what it complains about. */
export async function askGit(
  args: readonly string[],
  io: Io,
  changes: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { cwd = io.cwd, env = {} } = changes;
  const result = await runProcess("git", args, {
    cwd,
    env: { ...io.env, ...env },
    signal: io.signal,
  }).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new CommandError("there is no git command on the PATH; install Git", { cause });
  });
  if (result.code === 0) return result.stdout.trim();
  throw new CommandError(`git ${args[0] ?? ""}: ${result.stderr.trim().replace(/^fatal: /, "")}`);
}
