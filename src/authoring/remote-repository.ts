import type { GitRemote } from "../source/git-remote.js";
import type { SourceLimits } from "../source/limits.js";
import type { KnownRef } from "../source/refs.js";
import { sourceFailureOf } from "../source/source-failure.js";
import { BranchMovedError, PushRejectedError } from "./authoring-error.js";
import { createRemoteMirror, type RemoteMirror } from "./remote-mirror.js";
import type { BranchList, Publication, WritableRepository } from "./writable-repository.js";

/** Sends a commit to a remote. Throws {@link PushRejectedError} where the remote does not accept it. */
export interface Pusher {
  push(publication: Publication, mirror: RemoteMirror, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a remote is written through. */
export interface RemoteWritableOptions {
  readonly remote: GitRemote;
  readonly pusher: Pusher;
  readonly limits: SourceLimits;
  /** Where what is read of the remote is kept meanwhile. Default: the system's temporary folder. */
  readonly scratchFolder?: string | undefined;
}

const branchPrefix = "refs/heads/";

/** A repository behind a network. Keeps what it has read of it in a folder that `close` removes. */
export function createRemoteWritableRepository(options: RemoteWritableOptions): WritableRepository {
  const { remote, pusher, limits, scratchFolder } = options;
  const mirror = createRemoteMirror(remote, limits, scratchFolder);

  async function listBranches(signal: AbortSignal): Promise<BranchList> {
    return branchListOf(await remote.listRefs(undefined, signal));
  }

  async function tipOf(ref: string, signal: AbortSignal): Promise<string | undefined> {
    const refs = await remote.listRefs([ref], signal);
    return refs.find((known) => known.ref === ref)?.oid;
  }

  const failing = async <T>(signal: AbortSignal, operation: () => Promise<T>): Promise<T> => {
    try {
      return await operation();
    } catch (cause) {
      remote.forget();
      throw sourceFailureOf(cause, signal);
    }
  };

  return {
    label: remote.url,
    listBranches: (signal) => failing(signal, () => listBranches(signal)),
    tipOf: (ref, signal) => failing(signal, () => tipOf(ref, signal)),
    open: (commit, signal, depth = 1) =>
      failing(signal, async () => (await mirror.bring(commit, depth, signal)).store),
    publish: (publication, signal) =>
      failing(signal, async () => {
        const { ref, before, commit } = publication;
        try {
          await pusher.push(publication, mirror, signal);
        } catch (cause) {
          if (signal.aborted) throw cause;
          remote.forget();
          const tip = await tipOf(ref, signal);
          // It was accepted, and only the answer was lost.
          if (tip === commit) return;
          const hasMoved = cause instanceof PushRejectedError && tip !== before;
          throw hasMoved ? new BranchMovedError(ref, { cause }) : cause;
        }
        remote.forget();
      }),
    async close() {
      await mirror.close();
      await pusher.close();
      await remote.close();
    },
  };
}

function branchListOf(refs: readonly KnownRef[]): BranchList {
  const branches = new Map(
    refs
      .filter(({ ref, oid }) => ref.startsWith(branchPrefix) && /^[0-9a-f]{40}$/.test(oid))
      .map(({ ref, oid }) => [ref.slice(branchPrefix.length), oid]),
  );
  const head = refs.find(({ ref }) => ref === "HEAD")?.oid;
  return { branches, defaultBranch: defaultOf(branches, head) };
}

/** A list of refs says which commit `HEAD` is; the branch is guessed from it, as Git does too. */
function defaultOf(
  branches: ReadonlyMap<string, string>,
  head: string | undefined,
): string | undefined {
  const same = [...branches].filter(([, oid]) => oid === head).map(([name]) => name);
  return ["main", "master"].find((name) => same.includes(name)) ?? same[0];
}
