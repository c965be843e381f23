import type { CredentialsProvider } from "./credentials.js";
import type { GitRemote } from "./git-remote.js";
import type { GitRepository } from "./git-repository.js";
import { LIMITS, TIMEOUTS, type SourceLimits, type SourceTimeouts } from "./limits.js";
import { createHttpRemote } from "./http-remote.js";
import { createLocalRepository } from "./local-repository.js";
import { createRemoteRepository } from "./remote-repository.js";
import { parseRepositoryLocation, type RepositoryLocation } from "./remote-url.js";
import { isSafeName } from "./entry-name.js";
import { SourceError } from "./source-error.js";
import { createSshRemote, type SshOptions } from "./ssh-remote.js";
import { wantsConfig, type WantsPath } from "./wanted-path.js";

/** Which repository is watched, and how. */
export interface GitRepositoryOptions {
  /**
   * `https://…`, `http://…`, `ssh://…`, `user@host:path`, `file:///…` or a path. Credentials in it are used
   * and never shown.
   */
  readonly url: string;
  /** A branch, a tag, a full ref or a commit of 40 digits. Default: the default branch. */
  readonly ref?: string;
  /** The folder of the repository that holds the config, such as `env/prod`. Default: the root. */
  readonly basePath?: string;
  /** Where the mirror of a remote is kept. Needed for http(s), unused for a local repository. */
  readonly dataDir?: string;
  /** Default: those in the URL, or none. */
  readonly credentials?: CredentialsProvider;
  /** PEM certificates that are trusted besides the well-known ones. */
  readonly caFile?: string;
  /** The URL of an HTTP proxy. Default: none. */
  readonly proxy?: string;
  /** How a remote over SSH is reached. Default: as the user who runs this would reach it. */
  readonly ssh?: SshOptions;
  /** Default for each one: `LIMITS`. */
  readonly limits?: Partial<SourceLimits>;
  /** Default for each one: `TIMEOUTS`. */
  readonly timeouts?: Partial<SourceTimeouts>;
  /** Which files are read. Default: `wantsConfig`. */
  readonly wants?: WantsPath;
  /**
   * Folders of objects besides those of a local repository, such as the quarantine of a push
   * (`GIT_OBJECT_DIRECTORY`). Default: none.
   */
  readonly objectFolders?: readonly string[];
}

/** Opens nothing yet: the first call of the repository does. Throws for options that cannot work. */
export function createGitRepository(options: GitRepositoryOptions): GitRepository {
  const location = parseRepositoryLocation(options.url);
  const common = {
    ref: options.ref,
    basePath: parseBasePath(options.basePath ?? ""),
    limits: { ...LIMITS, ...options.limits },
    wants: options.wants ?? wantsConfig,
  };
  if (location.kind === "local")
    return createLocalRepository({
      ...common,
      folder: location.folder,
      objectFolders: options.objectFolders ?? [],
    });
  if (options.dataDir === undefined) {
    throw new SourceError(
      "source/disk",
      "a remote repository needs a folder for its mirror; give one",
    );
  }
  return createRemoteRepository({
    ...common,
    dataDir: options.dataDir,
    remote: createRemote(location, options, common.limits),
  });
}

function createRemote(
  location: Exclude<RepositoryLocation, { kind: "local" }>,
  options: GitRepositoryOptions,
  limits: SourceLimits,
): GitRemote {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  if (location.kind === "ssh") {
    return createSshRemote({ location, ssh: options.ssh ?? {}, limits, timeouts });
  }
  const fromUrl = location.credentials;
  return createHttpRemote({
    url: location.url,
    credentials: options.credentials ?? (fromUrl && (() => Promise.resolve(fromUrl))),
    caFile: options.caFile,
    proxy: options.proxy,
    limits,
    timeouts,
  });
}

function parseBasePath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.every(isSafeName)) return parts.join("/");
  throw new SourceError(
    "source/repository-not-found",
    `"${path}" is not a folder of a repository; give a path such as env/prod`,
  );
}
