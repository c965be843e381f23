import { runProcess } from "../envoy-binary/run-process.js";
import { CommandError, type Io } from "./io.js";

/** What the git command said. */
export interface GitAnswer {
  readonly ok: boolean;
  /** 1 is how some commands say that they found nothing; undefined: it was killed. */
  readonly code: number | undefined;
  /** The first MiB of it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Where Git is asked, and with what in its environment besides. */
export interface GitOptions {
  /** Default: the working folder. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What of Git's settings would start a program, or spell paths in another way. */
const harmless = ["core.fsmonitor=false", "diff.external=", "core.quotePath=false"].flatMap(
  (setting) => ["-c", setting],
);

/**
 * Asks the git command, and leaves what its answer means to the caller. It takes no locks for its own
 * comfort, and runs no program that the settings of the repository name. Throws `CommandError` where there
 * is no git.
 */
export async function tryGit(
  args: readonly string[],
  { cwd, env, signal }: Pick<Io, "cwd" | "env" | "signal">,
  options: GitOptions = {},
): Promise<GitAnswer> {
  const { code, stdout, stderr } = await runProcess("git", [...harmless, ...args], {
    cwd: options.cwd ?? cwd,
    env: { ...env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C", ...options.env },
    signal,
  }).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new CommandError("there is no git command on the PATH; install Git", { cause });
  });
  return { ok: code === 0, code, stdout, stderr };
}

/** What Git prints, trimmed. Throws `CommandError` with what it complains about. */
export async function askGit(
  args: readonly string[],
  io: Pick<Io, "cwd" | "env" | "signal">,
  options: GitOptions = {},
): Promise<string> {
  const answer = await tryGit(args, io, options);
  if (answer.ok) return answer.stdout.trim();
  throw gitFailure(args[0] ?? "", options.cwd ?? io.cwd, answer);
}

/** What a failure of Git is to people. */
export function gitFailure(command: string, folder: string, { stderr }: GitAnswer): CommandError {
  if (stderr.includes("not a git repository")) {
    return new CommandError(
      `"${folder}" is in no Git repository; go to a clone of the config's repository`,
    );
  }
  const [first = ""] = stderr.trim().split("\n");
  const said = first.replace(/^(?:fatal|error): /, "") || "it ended without a word";
  return new CommandError(`git ${command}: ${said}`);
}
