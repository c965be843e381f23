import type { CredentialsProvider } from "../source/credentials.js";
import { LIMITS, TIMEOUTS, type SourceLimits, type SourceTimeouts } from "../source/limits.js";
import { parseRepositoryLocation } from "../source/remote-url.js";
import { createHttpRemote } from "../source/http-remote.js";
import { createSshRemote, type SshOptions } from "../source/ssh-remote.js";
import { createHttpPusher } from "./push-over-http.js";
import { createSshPusher } from "./push-over-ssh.js";
import { createRemoteWritableRepository } from "./remote-repository.js";
import { createSystemGitRepository } from "./system-git-repository.js";
import type { WritableRepository } from "./writable-repository.js";

/** Which repository is written to, and how. */
export interface WritableRepositoryOptions {
  /** `https://…`, `http://…`, `ssh://…`, `user@host:path`, `file:///…` or a path. */
  readonly url: string;
  /** Of a repository on this machine: write to this remote of it instead, such as `origin`. */
  readonly remote?: string;
  /** For http(s). Default: those in the URL, or none. */
  readonly credentials?: CredentialsProvider;
  /** PEM certificates that are trusted besides the well-known ones, for https. */
  readonly caFile?: string;
  /** The URL of an HTTP proxy, for http(s). Default: none. */
  readonly proxy?: string;
  /** For SSH. Default: as the user who runs this would reach it. */
  readonly ssh?: SshOptions;
  /** Where what is read of a remote is kept until `close`. Default: the system's temporary folder. */
  readonly scratchFolder?: string;
  /** Default for each one: `LIMITS`. */
  readonly limits?: Partial<SourceLimits>;
  /** Default for each one: `TIMEOUTS`. */
  readonly timeouts?: Partial<SourceTimeouts>;
}

/**
 * Gives a repository to write to; opens nothing yet. http(s) is spoken by this process; what is on this
 * machine, and SSH, is written by the system's Git.
 */
export function createWritableRepository(options: WritableRepositoryOptions): WritableRepository {
  const location = parseRepositoryLocation(options.url);
  if (location.kind === "local") {
    const { remote } = options;
    return createSystemGitRepository({ folder: location.folder, ...(remote ? { remote } : {}) });
  }
  const limits = { ...LIMITS, ...options.limits };
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const { scratchFolder } = options;
  if (location.kind === "ssh") {
    const how = { location, ssh: options.ssh ?? {}, limits, timeouts };
    const [remote, pusher] = [createSshRemote(how), createSshPusher(how)];
    return createRemoteWritableRepository({ remote, pusher, limits, scratchFolder });
  }
  const fromUrl = location.credentials;
  const how = {
    url: location.url,
    credentials: options.credentials ?? (fromUrl && (() => Promise.resolve(fromUrl))),
    caFile: options.caFile,
    proxy: options.proxy,
    limits,
    timeouts,
  };
  const [remote, pusher] = [createHttpRemote(how), createHttpPusher(how)];
  return createRemoteWritableRepository({ remote, pusher, limits, scratchFolder });
}
