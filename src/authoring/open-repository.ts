import { parseRepositoryLocation } from "../source/remote-url.js";
import { reachRemote, type RemoteAccess } from "../source/remote-access.js";
import { createHttpPusher } from "./push-over-http.js";
import { createSshPusher } from "./push-over-ssh.js";
import { createRemoteWritableRepository } from "./remote-repository.js";
import { createSystemGitRepository } from "./system-git-repository.js";
import type { WritableRepository } from "./writable-repository.js";

/** Which repository is written to, and how. */
export interface WritableRepositoryOptions extends RemoteAccess {
  /** Of a repository on this machine: write to this remote of it instead, such as `origin`. */
  readonly remote?: string;
  /** Where what is read of a remote is kept until `close`. Default: the system's temporary folder. */
  readonly scratchFolder?: string;
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
  const reached = reachRemote(location, options);
  const { remote, how } = reached;
  const pusher =
    reached.kind === "ssh" ? createSshPusher(reached.how) : createHttpPusher(reached.how);
  const { scratchFolder } = options;
  return createRemoteWritableRepository({ remote, pusher, limits: how.limits, scratchFolder });
}
