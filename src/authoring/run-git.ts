import { spawn } from "node:child_process";
import { AuthoringError } from "./authoring-error.js";

/** What a program printed, and how it ended. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Written to its standard input, which then ends. */
  readonly input?: Uint8Array | string;
}

/**
 * Variables that point Git at another repository than that of its folder, as a hook's Git has them set.
 * The name of each is given to `env -u`.
 */
const repositoryVariables = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
];

/** Runs a program, without a shell. Rejects only if it could not be started or `signal` is aborted. */
export function runProgram(
  command: string,
  args: readonly string[],
  { cwd, signal, input }: RunOptions,
): Promise<ProgramResult> {
  const child = spawn(command, args, { cwd, signal, stdio: ["pipe", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (printed.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (printed.stderr += text));
  // It may end before it has read everything; its exit code tells what is wrong.
  child.stdin.on("error", () => undefined).end(input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve({ code, ...printed }));
  });
}

/** Runs Git in a folder, on the repository of that folder. */
export async function runGit(args: readonly string[], options: RunOptions): Promise<ProgramResult> {
  const unset = repositoryVariables.flatMap((name) => ["-u", name]);
  // Nothing may wait for a person; messages are read by this program; no setting may start another one.
  const settings = ["GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0"];
  const harmless = ["-c", "core.fsmonitor=false", "-c", "gc.auto=0"];
  const all = [...unset, ...settings, "git", ...harmless, ...args];
  const result = await runProgram("env", all, options).catch((cause: unknown) => {
    if (options.signal.aborted) throw cause;
    throw noGit(cause);
  });
  // What `env` ends with for a program that is not there.
  if (result.code === 127) throw noGit();
  return result;
}

function noGit(cause?: unknown): AuthoringError {
  return new AuthoringError(
    "authoring/git-failed",
    "git could not be run; install it, or give an http(s) URL, which needs none",
    { cause },
  );
}

/** As {@link runGit}, but throws an {@link AuthoringError} with what Git said if it fails. */
export async function requireGit(args: readonly string[], options: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await runGit(args, options);
  if (code === 0) return stdout;
  throw new AuthoringError("authoring/git-failed", `git ${args[0] ?? ""}: ${lastLines(stderr)}`);
}

/** What Git said, on one line. */
export function lastLines(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^(?:fatal|error): /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("hint:"));
  return lines.slice(-4).join("; ").slice(0, 500) || "it failed, and did not say why";
}
