import { runProcess } from "../../envoy-binary/run-process.js";
import { CommandError, type Io } from "../io.js";

/** What the git command said. */
export interface GitAnswer {
  readonly ok: boolean;
  /** 1 is how some commands say that they found nothing; undefined: it was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** More than this is not kept of what a program prints. */
const maxOutput = 1024 * 1024;

/**
 * Asks the git command in a folder. It writes nothing, not even the index, and runs no program that the
 * settings of the repository name. Throws `CommandError` where there is no git.
 */
export async function askGit(
  folder: string,
  args: readonly string[],
  io: Pick<Io, "env" | "signal">,
): Promise<GitAnswer> {
  const harmless = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "diff.external=",
    "-c",
    "core.quotePath=false",
  ];
  const { code, stdout, stderr } = await runProcess("git", [...harmless, ...args], {
    cwd: folder,
    env: { ...io.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
    signal: io.signal,
  }).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new CommandError("there is no git command on the PATH; install Git", { cause });
  });
  return { ok: code === 0, code, stdout, stderr };
}

/**
 * The paths that git lists with `-z`; undefined: there are more than fit. Throws `CommandError` if it could
 * not list them.
 */
export async function listPaths(
  folder: string,
  args: readonly string[],
  io: Pick<Io, "env" | "signal">,
): Promise<readonly string[] | undefined> {
  const answer = await askGit(folder, args, io);
  const isEmpty = args[0] === "grep" && answer.code === 1 && answer.stderr === "";
  if (!answer.ok && !isEmpty)
    throw new CommandError(`git ${args[0] ?? ""}: ${complaintOf(answer)}`);
  if (isCut(answer)) return undefined;
  return answer.stdout.split("\0").filter((path) => path !== "");
}

/** Whether more was printed than is kept. */
export function isCut({ stdout }: GitAnswer): boolean {
  return Buffer.byteLength(stdout) >= maxOutput;
}

function complaintOf({ stderr }: GitAnswer): string {
  const [first = ""] = stderr.trim().split("\n");
  return first.replace(/^fatal: /, "") || "it ended without a word";
}

/** The commit that a person means by `rev`. Throws `CommandError` if there is none. */
export async function resolveCommit(folder: string, rev: string, io: Io): Promise<string> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${rev}^{commit}`];
  const answer = await askGit(folder, args, io);
  const { ok, stdout, stderr } = answer;
  if (ok) return stdout.trim();
  if (stderr.includes("not a git repository")) {
    throw new CommandError(
      `"${folder}" is in no Git repository, so there is nothing to compare with`,
    );
  }
  if (stderr !== "") throw new CommandError(`git rev-parse: ${complaintOf(answer)}`);
  throw new CommandError(`there is no commit "${rev}" here; git fetch may bring it`);
}

/** The newest commit that both have in their history. Throws `CommandError` if they share none. */
export async function mergeBaseOf(
  folder: string,
  rev: string,
  head: string,
  io: Io,
): Promise<string> {
  const [base, tip] = await Promise.all([
    resolveCommit(folder, rev, io),
    resolveCommit(folder, head, io),
  ]);
  if (base === tip) return base;
  const { ok, stdout } = await askGit(folder, ["merge-base", base, tip], io);
  if (ok) return stdout.trim();
  throw new CommandError(
    `"${rev}" and "${head}" share no commit here; fetch the history of both (in CI: a checkout that is not shallow)`,
  );
}
