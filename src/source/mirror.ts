import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import git, { type PromiseFsClient } from "isomorphic-git";
import { createObjectFs } from "./objects/object-fs.js";
import { openObjectStore, type ObjectStore } from "./objects/object-store.js";

/** The bare copy of a remote repository on disk, opened. */
export interface Mirror {
  readonly gitdir: string;
  readonly fs: PromiseFsClient;
  readonly store: ObjectStore;
  /** The remote that it is a copy of; undefined if it does not say. */
  remoteUrl(): Promise<string | undefined>;
  /** Says that a commit is here whole: the next fetch asks for what came after it. */
  advance(commit: string): Promise<void>;
  close(): void;
}

/** The last commit that is here whole. isomorphic-git's own refs move before a pack has come. */
export const lastGoodRef = "refs/gloo/last-good";
/** What the mirror's config calls the repository that it is a copy of. */
export const remoteName = "origin";

/** Makes an empty bare repository that is a copy of the one at `url`. */
export async function initMirror(gitdir: string, url: string): Promise<Mirror> {
  await mkdir(gitdir, { recursive: true });
  const mirror = openMirror(gitdir);
  const { fs } = mirror;
  await git.init({ fs, gitdir, bare: true, defaultBranch: "main" });
  await git.addRemote({ fs, gitdir, remote: remoteName, url });
  return mirror;
}

/**
 * Opens a repository that {@link initMirror} made. Throws if its packs are damaged. `store` is given
 * for a repository that was opened elsewhere and moved here.
 */
export function openMirror(
  gitdir: string,
  store: ObjectStore = openObjectStore(join(gitdir, "objects")),
): Mirror {
  const fs = createObjectFs({ gitdir, store: () => store, writable: true });
  return {
    gitdir,
    fs,
    store,
    async remoteUrl() {
      const remotes = await git.listRemotes({ fs, gitdir });
      return remotes.find(({ remote }) => remote === remoteName)?.url;
    },
    async advance(commit) {
      await git.writeRef({ fs, gitdir, ref: lastGoodRef, value: commit, force: true });
    },
    close: () => store.close(),
  };
}

/** Where the packs of a mirror are. */
export function packFolderOf({ gitdir }: Pick<Mirror, "gitdir">): string {
  return join(gitdir, "objects", "pack");
}

/** Removes a repository's folder. */
export async function removeMirror(gitdir: string): Promise<void> {
  await rm(gitdir, { recursive: true, force: true, maxRetries: 3 });
}
