import { maxHistory, readCommit, readHistory } from "./commit-history.js";
import type { FetchedHistory, GitRepository } from "./git-repository.js";
import type { GitRemote } from "./git-remote.js";
import type { SourceLimits } from "./limits.js";
import { listMergedCommits } from "./merged-commits.js";
import { createMirrorFolder } from "./mirror-folder.js";
import { initMirror, openMirror, removeMirror, type Mirror } from "./mirror.js";
import { CorruptObjectError } from "./objects/git-object.js";
import { readRawCommit } from "./raw-commit.js";
import { findRef, parseWantedRef, refNotFound, type KnownRef } from "./refs.js";
import { SourceError } from "./source-error.js";
import { codeOf } from "./network-error.js";
import { sourceFailureOf } from "./source-failure.js";
import type { SourceTree } from "./source-tree.js";
import { createTreeReader } from "./tree-reader.js";
import type { WantsPath } from "./wanted-path.js";

/** A repository that is not on this machine. */
export interface RemoteRepositoryOptions {
  readonly remote: GitRemote;
  readonly ref: string | undefined;
  readonly basePath: string;
  readonly dataDir: string;
  readonly limits: SourceLimits;
  readonly wants: WantsPath;
}

/** Watches a remote through a bare mirror in `dataDir`. */
export function createRemoteRepository(options: RemoteRepositoryOptions): GitRepository {
  const { remote, limits, basePath } = options;
  const wanted = parseWantedRef(options.ref);
  const folder = createMirrorFolder(options.dataDir);
  const trees = createTreeReader(options);
  let mirror: Mirror | undefined;
  /** Fetches into the mirror that failed in a row because of what was said, not because of the way. */
  let refusals = 0;
  /** The ref that was found last. */
  let found: KnownRef | undefined;

  async function lookUp(signal: AbortSignal): Promise<string> {
    const names = found === undefined ? wanted.candidates : [found.ref];
    const first = findRef(wanted, await remote.listRefs(names, signal));
    if (first !== undefined) return remember(first);
    // A ref that is gone takes the config with it, so that is believed only at the second look.
    remote.forget();
    const known = await remote.listRefs(undefined, signal);
    const second = findRef(wanted, known);
    if (second !== undefined) return remember(second);
    throw refNotFound(wanted, known);
  }

  function remember(known: KnownRef): string {
    // It becomes part of file names, and isomorphic-git passes on whatever the remote sent.
    if (!/^[0-9a-f]{40}$/.test(known.oid)) {
      throw new SourceError(
        "source/protocol",
        `the remote gives ${wanted.label} a malformed name; check the server`,
      );
    }
    found = known;
    return known.oid;
  }

  /** The mirror on disk, if there is one that is sound and of this remote. */
  async function open(): Promise<Mirror | undefined> {
    if (mirror !== undefined) return mirror;
    if (!(await folder.recover())) return undefined;
    try {
      const opened = openMirror(folder.current);
      if ((await opened.remoteUrl()) === remote.url) return (mirror = opened);
      opened.close();
    } catch (cause) {
      if (!isDamage(cause)) throw cause;
      await folder.setAside();
    }
    return undefined;
  }

  /** Makes a new mirror beside the old one, and puts it in its place when it is whole. */
  async function cloneFresh(commit: string, depth: number, signal: AbortSignal): Promise<Mirror> {
    const staging = folder.staging();
    try {
      const fresh = await initMirror(staging, remote.url);
      try {
        await fetchChecked(fresh, commit, depth, signal).catch((cause: unknown) => {
          // Nothing else is in it: that something is missing is not the fault of the mirror in use.
          throw cause instanceof CorruptObjectError ? incomplete(cause) : cause;
        });
        await fresh.advance(commit);
        mirror?.close();
        mirror = undefined;
        await folder.swap(staging);
      } catch (cause) {
        fresh.close();
        throw cause;
      }
      // The store's open files outlive the rename, and with them what was unpacked on arrival.
      return (mirror = openMirror(folder.current, fresh.store));
    } catch (cause) {
      await removeMirror(staging);
      throw cause;
    }
  }

  async function fetchChecked(
    into: Mirror,
    commit: string,
    depth: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const ref = found?.oid === commit ? found.ref : undefined;
    await remote.fetch(into, { oid: commit, ref, depth }, signal);
    // Not every client has an opinion on what it got; the next fetch builds on this one being whole.
    const { treeOid } = await readCommit(into, commit, basePath);
    into.store.read(treeOid);
  }

  /** The mirror, with commit `head` in it and what came before it up to `since`. */
  async function bring(
    head: string,
    since: string | undefined,
    signal: AbortSignal,
  ): Promise<Mirror> {
    const depth = since === undefined || since === head ? 1 : maxHistory + 1;
    const current = await open();
    if (current === undefined) return cloneFresh(head, depth, signal);
    if (!current.store.has(head)) {
      if (isFull(current)) return cloneFresh(head, depth, signal);
      try {
        await fetchChecked(current, head, undefined, signal);
      } catch (cause) {
        if (!needsClone(cause)) throw cause;
        return cloneFresh(head, depth, signal);
      }
    }
    refusals = 0;
    await current.advance(head);
    return current;
  }

  function isFull({ store }: Mirror): boolean {
    const { count, bytes, largestBytes } = store.packs();
    return count >= limits.maxMirrorPacks || bytes - largestBytes > limits.maxMirrorGrowthBytes;
  }

  /** Whether a fetch failed in a way that a fresh clone may not. */
  function needsClone(cause: unknown): boolean {
    if (!(cause instanceof SourceError)) return false;
    // After a force push, or when an old branch was merged, the difference may be all of the history.
    if (cause.code === "source/too-large") return true;
    // Once may be a bad connection; twice, the remote cannot make sense of what the mirror says it has.
    return cause.code === "source/protocol" && ++refusals >= 2;
  }

  /** The mirror with a commit that an earlier fetch most likely brought; else it comes alone. */
  async function bringOld(commit: string, signal: AbortSignal): Promise<Mirror> {
    const current = await open();
    if (current === undefined) return cloneFresh(commit, 1, signal);
    if (!current.store.has(commit)) await fetchChecked(current, commit, 1, signal);
    return current;
  }

  /** Runs an operation; if the mirror turns out to be damaged or gone, once more on a new one. */
  async function healing<T>(signal: AbortSignal, operation: () => Promise<T>): Promise<T> {
    try {
      try {
        return await operation();
      } catch (cause) {
        if (!isDamage(cause) || signal.aborted) throw cause;
        mirror?.close();
        mirror = undefined;
        await folder.setAside();
        return await operation();
      }
    } catch (cause) {
      throw sourceFailureOf(cause, signal);
    }
  }

  return {
    async head(signal) {
      if (wanted.oid !== undefined) return wanted.oid;
      try {
        return await lookUp(signal);
      } catch (cause) {
        remote.forget();
        throw sourceFailureOf(cause, signal);
      }
    },
    fetch: (head, since, signal): Promise<FetchedHistory> =>
      healing(signal, async () =>
        readHistory(await bring(head, since, signal), head, since, basePath),
      ),
    tree: (commit, signal): Promise<SourceTree> =>
      healing(signal, async () => {
        const current = await bringOld(commit, signal);
        try {
          return await trees.read(
            current.store,
            await readCommit(current, commit, basePath),
            signal,
          );
        } finally {
          current.store.release();
        }
      }),
    rawCommit: (commit, signal): Promise<Buffer> =>
      healing(signal, async () => readRawCommit((await bringOld(commit, signal)).store, commit)),
    mergedCommits: (commit, signal) =>
      healing(signal, async () => {
        const { store } = await bringOld(commit, signal);
        return listMergedCommits(store, commit);
      }),
    async close() {
      mirror?.close();
      mirror = undefined;
      await remote.close();
    },
  };
}

/** Whether the mirror's files are at fault: contradictory, cut off, or removed by someone. */
function isDamage(cause: unknown): boolean {
  if (cause instanceof CorruptObjectError) return true;
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(cause) ?? "");
}

function incomplete(cause: CorruptObjectError): SourceError {
  const message = `the remote did not send all of a commit: ${cause.message}; run git fsck on it`;
  return new SourceError("source/protocol", message, { cause });
}
