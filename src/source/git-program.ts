import { runProgramToEnd, type ProgramResult } from "../lib/run-program.js";
import { SourceError } from "./source-error.js";

/** What `git` is run with. */
export interface GitProgramOptions {
  /** Where it is found, and the agent of `ssh`; nothing else of it is used. */
  readonly env: NodeJS.ProcessEnv;
  /** The command line of `ssh`. */
  readonly sshCommand: string;
  /** Bytes that one object may take in memory. */
  readonly maxObjectBytes: number;
}

/** One run of `git`. */
export interface GitRun {
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  readonly maxOutputBytes: number;
  /** Largest file that it may write. Default: no limit. */
  readonly maxFileBytes?: number;
}

/**
 * Config that goes before that of any file. Hooks, maintenance, submodules, other protocols and helpers
 * are off; what is fetched is checked, but for old slips that Git hosts let through as well.
 */
const config: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.bigFileThreshold": "1m",
  "protocol.version": "2",
  "protocol.allow": "never",
  "protocol.ssh.allow": "always",
  "fetch.fsckObjects": "true",
  "fetch.fsck.badTimezone": "ignore",
  "fetch.fsck.missingSpaceBeforeDate": "ignore",
  "fetch.fsck.zeroPaddedFilemode": "ignore",
  // Always a pack, which is there as a whole or not at all.
  "fetch.unpackLimit": "1",
  "fetch.recurseSubmodules": "false",
  "fetch.writeCommitGraph": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "pack.threads": "1",
};

const inherited = ["PATH", "SSH_AUTH_SOCK"] as const;

function environmentOf(options: GitProgramOptions): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(inherited.flatMap((name) => pairOf(name, options.env[name]))),
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_SSH_COMMAND: options.sshCommand,
    GIT_SSH_VARIANT: "ssh",
    GIT_ALLOW_PROTOCOL: "ssh",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS_REQUIRE: "never",
    // What one object may take, deltas included: a small delta can ask for terabytes.
    GIT_ALLOC_LIMIT: String(options.maxObjectBytes + 16 * 1024 * 1024),
  };
}

function pairOf(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

/** On the command line, where every Git understands it. */
const configArgs = Object.entries(config).flatMap(([key, value]) => ["-c", `${key}=${value}`]);

/** The signal is ignored so that Git says what happened and cleans up. */
const limitScript = `trap "" XFSZ; ulimit -f "$1"; shift; exec git "$@"`;

/**
 * Runs `git` with an environment and a config of our own alone. A largest file is held to by the kernel
 * (`ulimit`), since `git fetch` knows no limit.
 */
export async function runGitProgram(
  { args, maxFileBytes, ...run }: GitRun,
  options: GitProgramOptions,
): Promise<ProgramResult> {
  const env = environmentOf(options);
  const words = [...configArgs, ...args];
  try {
    if (maxFileBytes === undefined) return await runProgramToEnd("git", words, { ...run, env });
    const blocks = String(Math.ceil(maxFileBytes / 512));
    const limited = ["-c", limitScript, "sh", blocks, ...words];
    return await runProgramToEnd("sh", limited, { ...run, env });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw gitMissing(cause);
  }
}

/** The error for a machine without Git. */
export function gitMissing(cause?: unknown): SourceError {
  return new SourceError(
    "source/program-missing",
    "git is not on the PATH, and repositories over ssh are fetched by it; install git (2.29 or newer)",
    { cause },
  );
}
