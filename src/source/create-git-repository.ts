import type { GitRepository } from "./git-repository.js";
import { LIMITS } from "./limits.js";
import { createLocalRepository } from "./local-repository.js";
import { createRemoteRepository } from "./remote-repository.js";
import { reachRemote, type RemoteAccess } from "./remote-access.js";
import { parseRepositoryLocation } from "./remote-url.js";
import { isSafeName } from "./entry-name.js";
import { SourceError } from "./source-error.js";
import { wantsConfig, type WantsPath } from "./wanted-path.js";

/** Which repository is watched, and how. */
export interface GitRepositoryOptions extends RemoteAccess {
  /** A branch, a tag, a full ref or a commit of 40 digits. Default: the default branch. */
  readonly ref?: string;
  /** The folder of the repository that holds the config, such as `env/prod`. Default: the root. */
  readonly basePath?: string;
  /** Where the mirror of a remote is kept. Needed for a remote, unused for a local repository. */
  readonly dataDir?: string;
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
    remote: reachRemote(location, options).remote,
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
