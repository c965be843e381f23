import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import git, { type PromiseFsClient } from "isomorphic-git";
import type { GitTransport, PackReceiver } from "./git-transport.js";
import type { SourceLimits } from "./limits.js";
import { createObjectFs } from "./objects/object-fs.js";
import { openObjectStore, type ObjectStore } from "./objects/object-store.js";
import { receivePack } from "./receive-pack.js";
import { SourceError } from "./source-error.js";

/** The bare copy of a remote repository on disk, opened. */
export interface Mirror {
  readonly gitdir: string;
  readonly fs: PromiseFsClient;
  readonly store: ObjectStore;
  /** The remote that it is a copy of; undefined if it does not say. */
  remoteUrl(): Promise<string | undefined>;
  /**
   * Brings a commit and its history here. With `depth`, only that many commits: for the first fetch
   * alone, since a later one would bring every file again.
   */
  fetch(commit: string, depth: number | undefined, signal: AbortSignal): Promise<void>;
  /** Says that a commit is here whole: the next fetch asks for what came after it. */
  advance(commit: string): Promise<void>;
  close(): void;
}

/** What a mirror is connected to. */
export interface MirrorOptions {
  readonly url: string;
  readonly transport: GitTransport;
  readonly limits: SourceLimits;
}

/** The last commit that is here whole. isomorphic-git's own refs move before a pack has come. */
const lastGood = "refs/gloo/last-good";
const remote = "origin";

/** Makes an empty bare repository. */
export async function initMirror(gitdir: string, options: MirrorOptions): Promise<Mirror> {
  await mkdir(gitdir, { recursive: true });
  const mirror = openMirror(gitdir, options);
  const { fs } = mirror;
  await git.init({ fs, gitdir, bare: true, defaultBranch: "main" });
  await git.addRemote({ fs, gitdir, remote, url: options.url });
  return mirror;
}

/**
 * Opens a repository that {@link initMirror} made. Throws if its packs are damaged. `store` is given
 * for a repository that was opened elsewhere and moved here.
 */
export function openMirror(
  gitdir: string,
  { url, transport, limits }: MirrorOptions,
  store: ObjectStore = openObjectStore(join(gitdir, "objects")),
): Mirror {
  const fs = createObjectFs({ gitdir, store: () => store, writable: true });
  const folder = join(gitdir, "objects", "pack");
  return {
    gitdir,
    fs,
    store,
    async remoteUrl() {
      const remotes = await git.listRemotes({ fs, gitdir });
      return remotes.find((known) => known.remote === remote)?.url;
    },
    async fetch(commit, depth, signal) {
      let received = false;
      const receive: PackReceiver = async (body, limited) => {
        const { answer } = await receivePack(body, { folder, store, limits }, limited);
        received = true;
        return answer;
      };
      try {
        await transport.fetch(signal, receive, (http) =>
          git.fetch({
            fs,
            http,
            gitdir,
            url,
            remote,
            cache: {},
            ref: lastGood,
            remoteRef: commit,
            singleBranch: true,
            tags: false,
            ...(depth === undefined ? {} : { depth }),
          }),
        );
      } catch (error) {
        // A remote whose HEAD names a branch that does not exist: of no importance, but
        // isomorphic-git looks it up after everything that we need of it is done.
        if (!received || !(error instanceof git.Errors.NotFoundError)) throw error;
      }
      if (!store.has(commit)) {
        const message = `the remote sent a pack without commit ${commit}; it will be asked again`;
        throw new SourceError("source/protocol", message);
      }
    },
    async advance(commit) {
      await git.writeRef({ fs, gitdir, ref: lastGood, value: commit, force: true });
    },
    close: () => store.close(),
  };
}

/** Removes a repository's folder. */
export async function removeMirror(gitdir: string): Promise<void> {
  await rm(gitdir, { recursive: true, force: true, maxRetries: 3 });
}
