import { createCredentialsProvider } from "../source/credentials.js";
import type { GitRepositoryOptions } from "../source/create-git-repository.js";
import type { Settings } from "./settings.js";

/** How a remote is reached, as `gloo serve` and the commands that read a URL are told. Paths are absolute. */
export interface RemoteSettings {
  readonly gitUsername?: string | undefined;
  readonly gitPasswordFile?: string | undefined;
  readonly gitTokenFile?: string | undefined;
  readonly gitCaFile?: string | undefined;
  readonly gitProxy?: string | undefined;
}

/** The options of a repository that say how its remote is reached. */
export function remoteOptionsOf({
  gitUsername,
  gitPasswordFile,
  gitTokenFile,
  gitCaFile,
  gitProxy,
}: RemoteSettings): Pick<GitRepositoryOptions, "credentials" | "caFile" | "proxy"> {
  const hasCredentials = gitUsername ?? gitPasswordFile ?? gitTokenFile;
  return {
    ...(hasCredentials === undefined
      ? {}
      : {
          credentials: createCredentialsProvider({
            ...(gitUsername === undefined ? {} : { username: gitUsername }),
            ...(gitPasswordFile === undefined ? {} : { passwordFile: gitPasswordFile }),
            ...(gitTokenFile === undefined ? {} : { tokenFile: gitTokenFile }),
          }),
        }),
    ...(gitCaFile === undefined ? {} : { caFile: gitCaFile }),
    ...(gitProxy === undefined ? {} : { proxy: gitProxy }),
  };
}

/** How the settings want the repository read. */
export function gitOptionsOf(settings: Settings, mirrorFolder: string): GitRepositoryOptions {
  return {
    url: settings.repo,
    ref: settings.ref,
    basePath: settings.path,
    dataDir: mirrorFolder,
    ...remoteOptionsOf(settings),
    limits: {
      maxAdvertisementBytes: settings.maxAdvertisementBytes,
      maxPackBytes: settings.maxPackBytes,
      maxPackObjects: settings.maxPackObjects,
      maxUnpackedBytes: settings.maxUnpackedBytes,
      maxObjectBytes: settings.maxObjectBytes,
      maxFileBytes: settings.maxFileBytes,
      maxTreeBytes: settings.maxTreeBytes,
      maxTreeEntries: settings.maxTreeEntries,
      maxPathDepth: settings.maxPathDepth,
    },
    timeouts: {
      connectMs: settings.gitConnectTimeoutS * 1000,
      headersMs: settings.gitIdleTimeoutS * 1000,
      idleMs: settings.gitIdleTimeoutS * 1000,
      packMs: settings.gitFetchTimeoutS * 1000,
    },
  };
}
