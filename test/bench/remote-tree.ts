import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestRepository, runGit } from "../support/git-repo.js";
import { startGitServer } from "../support/git-server.js";
import {
  treeT,
  virtualServicePath,
  virtualServiceText,
  type TreeTOptions,
} from "../support/tree-t.js";

/** A generated tree in a repository behind a real Git server, and someone who pushes to it. */
export interface RemoteTree {
  readonly url: string;
  /**
   * Commits a change of one line: where the first route of a virtual service leads to. Gives the
   * commit, which the remote has when this resolves.
   */
  push(index: number, marker: string): Promise<string>;
  /** The same without a person's clone: many commits at once, each of one line. Gives the last. */
  commit(changes: readonly OneLine[]): Promise<string>;
  /** Runs Git in a folder of its own that goes away with the tree. */
  git(...args: readonly string[]): Promise<string>;
  /** The folder that {@link git} runs in. */
  readonly folder: string;
  /** Takes the server away, and leaves the repository. */
  goOffline(): Promise<void>;
  remove(): Promise<void>;
}

/** A change of one line. */
export interface OneLine {
  readonly index: number;
  readonly marker: string;
}

/** Makes the repository and serves it over HTTP on a free port. */
export async function createRemoteTree(options: TreeTOptions): Promise<RemoteTree> {
  const repository = await createTestRepository();
  const server = await startGitServer(repository.folder);
  const folder = await mkdtemp(join(tmpdir(), "gloo-bench-git-"));
  const git = (...args: readonly string[]): Promise<string> => runGit(folder, args);
  await repository.commit(treeT(options));
  let isCloned = false;
  let isOnline = true;
  const goOffline = async (): Promise<void> => {
    if (isOnline) await server.close();
    isOnline = false;
  };
  return {
    url: server.url,
    folder,
    git,
    async push(index, marker) {
      if (!isCloned) await git("clone", "--quiet", server.url, "author");
      isCloned = true;
      const path = virtualServicePath(index, options);
      await writeFile(join(folder, "author", path), virtualServiceText(index, options, marker));
      await git("-C", "author", "commit", "--quiet", "--message", "Change a route", "--", path);
      await git("-C", "author", "push", "--quiet");
      return (await git("-C", "author", "rev-parse", "HEAD")).trim();
    },
    async commit(changes) {
      let parent = await repository.resolve("refs/heads/main");
      for (const { index, marker } of changes) {
        const path = virtualServicePath(index, options);
        const content = virtualServiceText(index, options, marker);
        parent = await repository.commit({ [path]: content }, { parent });
      }
      return parent;
    },
    goOffline,
    async remove() {
      await goOffline();
      await repository.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
