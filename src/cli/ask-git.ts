import { runProcess } from "../envoy-binary/run-process.js";
import { CommandError, type Io } from "./io.js";

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
