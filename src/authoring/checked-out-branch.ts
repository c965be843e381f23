import { emptyTreeOid } from "../source/objects/git-object.js";
import { AuthoringError } from "./authoring-error.js";
import { lastLines, requireGit, runGit } from "./run-git.js";
import type { Publication } from "./writable-repository.js";

/** The folder of the work tree that has a branch, by its full name, checked out; undefined if none has. */
export async function findCheckout(
  ref: string,
  folder: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const listed = await requireGit(["worktree", "list", "--porcelain"], { cwd: folder, signal });
  for (const block of listed.split("\n\n")) {
    const lines = block.split("\n");
    if (lines.includes("bare") || !lines.includes(`branch ${ref}`)) continue;
    return lines.find((line) => line.startsWith("worktree "))?.slice("worktree ".length);
  }
  return undefined;
}

/**
 * Moves a branch and the files of the work tree that has it checked out, as `git merge --ff-only` does:
 * edits of other files stay. Refuses, and changes nothing, if a file that the commit changes has edits
 * that are not committed, or lies there without belonging to Git.
 */
export async function moveCheckout(
  checkout: string,
  { before, commit }: Publication,
  signal: AbortSignal,
): Promise<void> {
  const options = { cwd: checkout, signal };
  await runGit(["update-index", "-q", "--refresh"], options);
  const trees = [before ?? emptyTreeOid, commit];
  const trial = await runGit(["read-tree", "-n", "-m", "-u", ...trees], options);
  if (trial.code !== 0) throw dirty(checkout, trial.stderr);
  const head = await requireGit(["symbolic-ref", "HEAD"], options);
  const old = before ?? "0".repeat(40);
  await requireGit(["update-ref", "-m", "commit (gloo)", head.trim(), commit, old], options);
  await requireGit(["read-tree", "-m", "-u", ...trees], options);
}

function dirty(checkout: string, stderr: string): AuthoringError {
  const files = [...stderr.matchAll(/(?:Entry|file) '([^']+)'/g)].map(([, path = ""]) => path);
  const which = files.length === 0 ? lastLines(stderr) : [...new Set(files)].join(", ");
  return new AuthoringError(
    "authoring/work-tree-dirty",
    `the branch is checked out in ${checkout}, with changes there that are not committed (${which}); ` +
      "commit or stash them, or write to another branch",
  );
}
