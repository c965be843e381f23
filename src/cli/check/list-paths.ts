import { gitFailure, tryGit, type GitAnswer } from "../ask-git.js";
import type { Io } from "../io.js";

/** More than this is not kept of what a program prints. */
const maxOutput = 1024 * 1024;

/**
 * The paths that git lists with `-z`; undefined: there are more than fit. Throws `CommandError` if it could
 * not list them.
 */
export async function listPaths(
  folder: string,
  args: readonly string[],
  io: Io,
): Promise<readonly string[] | undefined> {
  const answer = await tryGit(args, io, { cwd: folder });
  const isEmpty = args[0] === "grep" && answer.code === 1 && answer.stderr === "";
  if (!answer.ok && !isEmpty) throw gitFailure(args[0] ?? "", folder, answer);
  if (isCut(answer)) return undefined;
  return answer.stdout.split("\0").filter((path) => path !== "");
}

/** Whether more was printed than is kept. */
export function isCut({ stdout }: GitAnswer): boolean {
  return Buffer.byteLength(stdout) >= maxOutput;
}
