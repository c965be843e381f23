import git from "isomorphic-git";
import { maxHistory, readCommit, readHistory } from "./commit-history.js";
import type { CredentialsProvider } from "./credentials.js";
import type { FetchedHistory, GitRepository } from "./git-repository.js";
import { createGitTransport } from "./git-transport.js";
import { createHttpClient } from "./http-client.js";
import type { SourceLimits, SourceTimeouts } from "./limits.js";
import { createMirrorFolder } from "./mirror-folder.js";
import { initMirror, openMirror, removeMirror, type Mirror } from "./mirror.js";
import { CorruptObjectError } from "./objects/git-object.js";
import { findRef, parseWantedRef, refNotFound, type KnownRef } from "./refs.js";
import { SourceError } from "./source-error.js";
import { codeOf } from "./network-error.js";
import { sourceFailureOf } from "./source-failure.js";
import type { SourceTree } from "./source-tree.js";
import { createTreeReader } from "./tree-reader.js";
import type { WantsPath } from "./wanted-path.js";

/** A repository behind http(s). */
export interface RemoteRepositoryOptions {
  /** Without credentials in it. */
  readonly url: string;
  readonly ref: string | undefined;
  readonly basePath: string;
  readonly dataDir: string;
  readonly credentials: CredentialsProvider | undefined;
  readonly caFile: string | undefined;
  readonly proxy: string | undefined;
  readonly limits: SourceLimits;
  readonly timeouts: SourceTimeouts;
  readonly wants: WantsPath;
}

/**
 * A list of refs of more bytes than this (about 1,000 refs) is asked for by protocol 2 from then on,
 * where the server filters it. Both take one request a poll; measured, protocol 1 answers sooner, and
 * its list saves the fetch that follows a request.
 */
const longListBytes = 64 * 1024;

/** Watches a remote through a bare mirror in `dataDir`. */
export function createRemoteRepository(options: RemoteRepositoryOptions): GitRepository {
  const { url, limits, basePath } = options;
  const { credentials, caFile, proxy, timeouts } = options;
  const wanted = parseWantedRef(options.ref);
  const client = createHttpClient({
    timeouts,
    ...(credentials === undefined ? {} : { credentials }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(proxy === undefined ? {} : { proxy }),
  });
  const transport = createGitTransport(url, client, limits, timeouts);
  const mirrorOptions = { url, transport, limits };
  const folder = createMirrorFolder(options.dataDir);
  const trees = createTreeReader(options);
  let mirror: Mirror | undefined;
  /** Fetches into the mirror that failed in a row because of what was said, not because of the way. */
  let refusals = 0;
  /** The full name that the ref turned out to have. */
  let foundRef: string | undefined;

  async function listRefs(version: 1 | 2, signal: AbortSignal): Promise<readonly KnownRef[]> {
    const filter = version === 2 && foundRef !== undefined ? { prefix: foundRef } : {};
    const refs = await transport.list(signal, (http) =>
      git.listServerRefs({ http, url, protocolVersion: version, peelTags: true, ...filter }),
    );
    return refs.map(({ ref, oid, peeled }) => ({ ref, oid: peeled ?? oid }));
  }

  async function lookUp(signal: AbortSignal): Promise<string> {
    const isLong = transport.listBytes() > longListBytes && foundRef !== undefined;
    const first = findRef(wanted, await listRefs(isLong ? 2 : 1, signal));
    if (first !== undefined) return remember(first);
    // A ref that is gone takes the config with it, so that is believed only at the second look.
    transport.forget();
    const known = await listRefs(1, signal);
    const second = findRef(wanted, known);
    if (second !== undefined) return remember(second);
    throw refNotFound(wanted, known);
  }

  function remember({ ref, oid }: KnownRef): string {
    // It becomes part of file names, and isomorphic-git passes on whatever the remote sent.
    if (!/^[0-9a-f]{40}$/.test(oid)) {
      throw new SourceError(
        "source/protocol",
        `the remote gives ${wanted.label} a malformed name; check the server`,
      );
    }
    foundRef = ref;
    return oid;
  }

  /** The mirror on disk, if there is one that is sound and of this remote. */
  async function open(): Promise<Mirror | undefined> {
    if (mirror !== undefined) return mirror;
    if (!(await folder.recover())) return undefined;
    try {
      const opened = openMirror(folder.current, mirrorOptions);
      if ((await opened.remoteUrl()) === url) return (mirror = opened);
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
      const fresh = await initMirror(staging, mirrorOptions);
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
      return (mirror = openMirror(folder.current, mirrorOptions, fresh.store));
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
    try {
      await into.fetch(commit, depth, signal);
    } catch (cause) {
      if (!isUnknownWant(cause)) throw cause;
      // The list of refs was used again and the branch has moved on since: ask for a new one.
      transport.forget();
      await into.fetch(commit, depth, signal).catch((again: unknown) => {
        throw isUnknownWant(again) ? notGiven(commit, again) : again;
      });
    }
    // isomorphic-git has no opinion on what it got; the next fetch builds on this one being whole.
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
        transport.forget();
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
    async close() {
      mirror?.close();
      mirror = undefined;
      await client.close();
    },
  };
}

/** Whether the mirror's files are at fault: contradictory, cut off, or removed by someone. */
function isDamage(cause: unknown): boolean {
  if (cause instanceof CorruptObjectError) return true;
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(cause) ?? "");
}

/** Whether the remote does not know, or does not give, the commit that it was asked for. */
function isUnknownWant(cause: unknown): boolean {
  return cause instanceof SourceError && /not our ref|want \S+ not valid/.test(cause.message);
}

function incomplete(cause: CorruptObjectError): SourceError {
  const message = `the remote did not send all of a commit: ${cause.message}; run git fsck on it`;
  return new SourceError("source/protocol", message, { cause });
}

function notGiven(commit: string, cause: unknown): SourceError {
  return new SourceError(
    "source/ref-not-found",
    `the remote does not give commit ${commit}: it is on no branch, or not any more; push it again`,
    { cause },
  );
}
