import type { CredentialsProvider } from "./credentials.js";
import type { GitRemote } from "./git-remote.js";
import { createHttpRemote, type HttpRemoteOptions } from "./http-remote.js";
import { LIMITS, TIMEOUTS, type SourceLimits, type SourceTimeouts } from "./limits.js";
import type { RepositoryLocation } from "./remote-url.js";
import type { SshOptions } from "./ssh-command.js";
import { createSshRemote, type SshRemoteOptions } from "./ssh-remote.js";

/** Where a repository is, and how it is reached if it is not on this machine. */
export interface RemoteAccess {
  /**
   * `https://…`, `http://…`, `ssh://…`, `user@host:path`, `file:///…` or a path. Credentials in it are used
   * and never shown.
   */
  readonly url: string;
  /** For http(s). Default: those in the URL, or none. */
  readonly credentials?: CredentialsProvider;
  /** PEM certificates that are trusted besides the well-known ones, for https. */
  readonly caFile?: string;
  /** The URL of an HTTP proxy, for http(s). Default: none. */
  readonly proxy?: string;
  /** For SSH. Default: as the user who runs this would reach it. */
  readonly ssh?: SshOptions;
  /** Default for each one: `LIMITS`. */
  readonly limits?: Partial<SourceLimits>;
  /** Default for each one: `TIMEOUTS`. */
  readonly timeouts?: Partial<SourceTimeouts>;
}

/** A remote, and what it is reached with: all that was left out is filled in. */
export type ReachedRemote = { readonly remote: GitRemote } & (
  | { readonly kind: "http"; readonly how: HttpRemoteOptions }
  | { readonly kind: "ssh"; readonly how: SshRemoteOptions }
);

/** Reaches nothing yet: the first call of the remote does. */
export function reachRemote(
  location: Exclude<RepositoryLocation, { kind: "local" }>,
  access: RemoteAccess,
): ReachedRemote {
  const limits = { ...LIMITS, ...access.limits };
  const timeouts = { ...TIMEOUTS, ...access.timeouts };
  if (location.kind === "ssh") {
    const how = { location, ssh: access.ssh ?? {}, limits, timeouts };
    return { kind: "ssh", how, remote: createSshRemote(how) };
  }
  const fromUrl = location.credentials;
  const how = {
    url: location.url,
    credentials: access.credentials ?? (fromUrl && (() => Promise.resolve(fromUrl))),
    caFile: access.caFile,
    proxy: access.proxy,
    limits,
    timeouts,
  };
  return { kind: "http", how, remote: createHttpRemote(how) };
}
