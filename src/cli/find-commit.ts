import { gitFailure, tryGit } from "./ask-git.js";
import { CommandError, type Io } from "./io.js";

/** The commit that `rev` names; undefined: there is none here. Throws `CommandError` outside of a repository. */
export async function findCommit(folder: string, rev: string, io: Io): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${rev}^{commit}`];
  const answer = await tryGit(args, io, { cwd: folder });
  if (answer.ok) return answer.stdout.trim();
  if (answer.stderr !== "") throw gitFailure("rev-parse", folder, answer);
  return undefined;
}

/** The commit that a person means by `rev`. Throws `CommandError` if there is none. */
export async function resolveCommit(folder: string, rev: string, io: Io): Promise<string> {
  const found = await findCommit(folder, rev, io);
  if (found !== undefined) return found;
  const any = await tryGit(["rev-list", "--all", "--max-count=1"], io, { cwd: folder });
  if (any.stdout === "") {
    throw new CommandError(
      "the repository has no commit yet, so there is nothing to compare with; make the first one: git commit",
    );
  }
  throw new CommandError(`there is no commit "${rev}" here; git fetch may bring it`);
}

/** The newest commit that two have in their history; undefined: they share none here. */
export async function commonAncestor(
  folder: string,
  commits: readonly [string, string],
  io: Io,
): Promise<string | undefined> {
  const { ok, stdout } = await tryGit(["merge-base", ...commits], io, { cwd: folder });
  return ok ? stdout.trim() : undefined;
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
  const common = base === tip ? base : await commonAncestor(folder, [base, tip], io);
  if (common !== undefined) return common;
  throw new CommandError(
    `"${rev}" and "${head}" share no commit here; fetch the history of both: git fetch --unshallow (in CI: a checkout that is not shallow)`,
  );
}
