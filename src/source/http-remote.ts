import git from "isomorphic-git";
import type { CredentialsProvider } from "./credentials.js";
import { commitNotGiven, commitNotSent, type GitRemote, type WantedCommit } from "./git-remote.js";
import { createGitTransport, type PackReceiver } from "./git-transport.js";
import { createHttpClient } from "./http-client.js";
import type { SourceLimits, SourceTimeouts } from "./limits.js";
import { lastGoodRef, packFolderOf, remoteName, type Mirror } from "./mirror.js";
import { receivePack } from "./receive-pack.js";
import { SourceError } from "./source-error.js";

/** A repository behind http(s). */
export interface HttpRemoteOptions {
  /** Without credentials in it. */
  readonly url: string;
  readonly credentials: CredentialsProvider | undefined;
  readonly caFile: string | undefined;
  readonly proxy: string | undefined;
  readonly limits: SourceLimits;
  readonly timeouts: SourceTimeouts;
}

/**
 * A list of refs of more bytes than this (about 1,000 refs) is asked for by protocol 2 from then on,
 * where the server filters it. Both take one request a poll; measured, protocol 1 answers sooner, and
 * its list saves the fetch that follows a request.
 */
const longListBytes = 64 * 1024;

/** Reaches a repository in process: isomorphic-git says what is asked, the transport asks it. */
export function createHttpRemote(options: HttpRemoteOptions): GitRemote {
  const { url, credentials, caFile, proxy, limits, timeouts } = options;
  const client = createHttpClient({
    timeouts,
    ...(credentials === undefined ? {} : { credentials }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(proxy === undefined ? {} : { proxy }),
  });
  const transport = createGitTransport(url, client, limits, timeouts);

  async function fetchOnce(
    { gitdir, fs, store }: Mirror,
    { oid, depth }: WantedCommit,
    signal: AbortSignal,
  ): Promise<void> {
    const target = { folder: packFolderOf({ gitdir }), store, limits };
    let received = false;
    const receive: PackReceiver = async (body, limited) => {
      const { answer } = await receivePack(body, target, limited);
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
          remote: remoteName,
          cache: {},
          ref: lastGoodRef,
          remoteRef: oid,
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
    if (!store.has(oid)) throw commitNotSent(oid);
  }

  return {
    url,
    async listRefs(names, signal) {
      const [only] = names?.length === 1 ? names : [];
      const isFiltered = only !== undefined && transport.listBytes() > longListBytes;
      const how = isFiltered
        ? { protocolVersion: 2 as const, prefix: only }
        : { protocolVersion: 1 as const };
      const refs = await transport.list(signal, (http) =>
        git.listServerRefs({ http, url, peelTags: true, ...how }),
      );
      return refs.map(({ ref, oid, peeled }) => ({ ref, oid: peeled ?? oid }));
    },
    async fetch(mirror, want, signal) {
      try {
        await fetchOnce(mirror, want, signal);
      } catch (cause) {
        if (!isUnknownWant(cause)) throw cause;
        // The list of refs was used again and the branch has moved on since: ask for a new one.
        transport.forget();
        await fetchOnce(mirror, want, signal).catch((again: unknown) => {
          throw isUnknownWant(again) ? commitNotGiven(want.oid, again) : again;
        });
      }
    },
    forget: () => transport.forget(),
    close: () => client.close(),
  };
}

/** Whether the remote does not know, or does not give, the commit that it was asked for. */
function isUnknownWant(cause: unknown): boolean {
  return cause instanceof SourceError && /not our ref|want \S+ not valid/.test(cause.message);
}
