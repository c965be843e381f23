import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CommandError, type Io } from "../io.js";
import { readIfThere } from "../read-if-there.js";
import { askGit } from "../ask-git.js";
import { quoteForShell } from "../quote-for-shell.js";

/** The hooks that there are. */
export const hookNames = ["pre-commit", "pre-receive"] as const;
export type HookName = (typeof hookNames)[number];

/** Which hook is written, and where. */
export interface HookInstallation {
  readonly hook: HookName;
  /** The repository, from the working folder. */
  readonly repository: string;
  /** What the hook is run with, such as `--path env/prod`. */
  readonly args: readonly string[];
  /** Replace a hook that something else has put there. */
  readonly force: boolean;
}

const mark = "written by `gloo hook install`";

/** Writes a hook where Git looks for it (`core.hooksPath` included), and gives its path. */
export async function installHook(installation: HookInstallation, io: Io): Promise<string> {
  const { hook, force } = installation;
  const cwd = resolve(io.cwd, installation.repository);
  const folder = resolve(cwd, await askGit(["rev-parse", "--git-path", "hooks"], io, { cwd }));
  const file = join(folder, hook);
  const before = (await readIfThere(file))?.toString("utf8");
  if (before !== undefined && !before.includes(mark) && !force) {
    throw new CommandError(
      `there is another ${hook} hook at ${file}; call \`gloo hook ${hook}\` from it, or replace it with --force`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFile(file, scriptOf(installation));
  await chmod(file, 0o755); // also where the file was there before
  return file;
}

function scriptOf({ hook, args }: HookInstallation): string {
  const words = ["hook", hook, ...args].map(quoteForShell).join(" ");
  return `#!/bin/sh
# Checks the config of this repository; ${mark}.
# GLOO names the program where it is not on the PATH of whoever runs Git.
exec "\${GLOO:-gloo}" ${words}
`;
}
