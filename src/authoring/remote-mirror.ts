import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GitRemote } from "../source/git-remote.js";
import type { SourceLimits } from "../source/limits.js";
import { initMirror, removeMirror, type Mirror } from "../source/mirror.js";

/** A copy of a remote in a folder of its own, as far as commits of it were asked for. */
export interface RemoteMirror {
  /** The mirror with a commit in it, and up to `depth` commits of its history, itself included. */
  bring(commit: string, depth: number, signal: AbortSignal): Promise<Mirror>;
  /** What is there, however little that is. */
  current(): Promise<Mirror>;
  close(): Promise<void>;
}

/** Makes a mirror; there is no folder until something is brought. It is made below `parent`. */
export function createRemoteMirror(
  remote: GitRemote,
  limits: SourceLimits,
  parent = tmpdir(),
): RemoteMirror {
  let scratch: string | undefined;
  let mirror: Mirror | undefined;
  /** What the first fetch brought, and how many commits of its history: where the copy is cut off. */
  let first: { readonly commit: string; readonly depth: number } | undefined;

  async function begin(): Promise<Mirror> {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    scratch ??= await mkdtemp(join(parent, "gloo-authoring-"));
    const gitdir = await mkdtemp(join(scratch, "mirror-"));
    return (mirror = await initMirror(gitdir, remote.url));
  }

  async function drop(): Promise<void> {
    const old = mirror;
    mirror = first = undefined;
    old?.close();
    if (old !== undefined) await removeMirror(old.gitdir);
  }

  return {
    async bring(commit, depth, signal) {
      // Packs are never joined: from time to time it is cheaper to begin anew.
      const isFull = (mirror?.store.packs().count ?? 0) >= limits.maxMirrorPacks;
      // What is cut off cannot be asked for behind what is here.
      const isShallow = depth > (first?.depth ?? depth);
      if (isFull || isShallow) await drop();
      const current = mirror ?? (await begin());
      if (!current.store.has(commit)) {
        const wanted = first === undefined ? depth : undefined;
        try {
          await remote.fetch(current, { oid: commit, ref: undefined, depth: wanted }, signal);
        } catch (cause) {
          // A copy that a failed fetch began may hold anything.
          if (first === undefined) await drop();
          throw cause;
        }
        first ??= { commit, depth };
        await current.advance(commit);
      }
      return current;
    },
    current: async () => mirror ?? begin(),
    async close() {
      await drop();
      if (scratch !== undefined) await removeMirror(scratch);
    },
  };
}
