import { createCredentialsProvider } from "../source/credentials.js";
import type { GitRepositoryOptions } from "../source/create-git-repository.js";
import type { Settings } from "./settings.js";

/** How the settings want the repository read. */
export function gitOptionsOf(settings: Settings, mirrorFolder: string): GitRepositoryOptions {
  const { gitUsername, gitPasswordFile, gitTokenFile, gitCaFile, gitProxy } = settings;
  const hasCredentials = gitUsername ?? gitPasswordFile ?? gitTokenFile;
  return {
    url: settings.repo,
    ref: settings.ref,
    basePath: settings.path,
    dataDir: mirrorFolder,
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
