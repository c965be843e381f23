import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readCommitted, type ConfigTree } from "../check/config-tree.js";
import type { Io } from "../io.js";
import { askGit } from "../ask-git.js";

const anybody = {
  GIT_AUTHOR_NAME: "gloo",
  GIT_AUTHOR_EMAIL: "gloo@localhost",
  GIT_COMMITTER_NAME: "gloo",
  GIT_COMMITTER_EMAIL: "gloo@localhost",
};

/**
 * Reads what the next commit of a work tree would hold: the index, not the files on disk. Git writes the
 * tree of it into a folder of its own, so that the repository stays as it is.
 */
export async function readStagedTree(path: string | undefined, io: Io): Promise<ConfigTree> {
  const scratch = await mkdtemp(join(tmpdir(), "gloo-staged-"));
  try {
    const common = resolve(io.cwd, await askGit(["rev-parse", "--git-common-dir"], io));
    const env = {
      ...anybody,
      GIT_OBJECT_DIRECTORY: scratch,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(common, "objects"),
    };
    const tree = await askGit(["write-tree"], io, { env });
    const commit = await askGit(["commit-tree", "-m", "staged", tree], io, { env });
    const where = {
      url: common,
      ref: commit,
      objectFolders: [scratch],
      ...(path === undefined ? {} : { basePath: path }),
    };
    const read = await readCommitted(where, "reading what is staged", io);
    return { ...read, commit: undefined };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
