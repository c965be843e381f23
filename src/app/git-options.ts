import { createCredentialsProvider, type CredentialsProvider } from "../source/credentials.js";
import type { GitRepositoryOptions } from "../source/create-git-repository.js";
import { createGithubAppProvider, readGithubAppKey } from "../source/github-app.js";
import { TIMEOUTS, type SourceTimeouts } from "../source/limits.js";
import { parseRepositoryLocation } from "../source/remote-url.js";
import { checkSshFiles, type SshOptions } from "../source/ssh-command.js";
import type { RemoteSettings } from "./remote-settings.js";
import type { Settings } from "./settings.js";

/** Where a repository is, and what is needed of this machine to reach it. */
export interface RemoteContext {
  /** The URL of the repository, or its path. */
  readonly repo: string;
  /** Where `git` and `ssh` are found, and the agent of `ssh`. */
  readonly env: NodeJS.ProcessEnv;
  readonly timeouts?: SourceTimeouts;
}

/** The options of a repository that say how its remote is reached. */
export type RemoteOptions = Pick<GitRepositoryOptions, "credentials" | "caFile" | "proxy" | "ssh">;

/** Throws a `SourceError` for credentials that no person may mean. */
export function remoteOptionsOf(settings: RemoteSettings, context: RemoteContext): RemoteOptions {
  const { gitCaFile, gitProxy } = settings;
  const credentials = credentialsOf(settings, context);
  return {
    ...(credentials === undefined ? {} : { credentials }),
    ...(gitCaFile === undefined ? {} : { caFile: gitCaFile }),
    ...(gitProxy === undefined ? {} : { proxy: gitProxy }),
    ssh: sshOptionsOf(settings, context.env),
  };
}

function sshOptionsOf(
  { gitSshKeyFile, gitSshKnownHostsFile }: RemoteSettings,
  env: NodeJS.ProcessEnv,
): SshOptions {
  return {
    ...(gitSshKeyFile === undefined ? {} : { keyFile: gitSshKeyFile }),
    ...(gitSshKnownHostsFile === undefined ? {} : { knownHostsFile: gitSshKnownHostsFile }),
    env,
  };
}

function credentialsOf(
  settings: RemoteSettings,
  { repo, timeouts = TIMEOUTS }: RemoteContext,
): CredentialsProvider | undefined {
  const { gitUsername, gitPasswordFile, gitTokenFile, gitCaFile, gitProxy } = settings;
  const { gitGithubAppId, gitGithubAppKeyFile } = settings;
  if (gitGithubAppId !== undefined && gitGithubAppKeyFile !== undefined) {
    const location = parseRepositoryLocation(repo);
    // Over SSH, or on this machine, nobody asks for a token.
    if (location.kind !== "http") return undefined;
    return createGithubAppProvider({
      appId: gitGithubAppId,
      keyFile: gitGithubAppKeyFile,
      installationId: settings.gitGithubInstallationId,
      apiUrl: settings.gitGithubApiUrl,
      repositoryUrl: location.url,
      now: Date.now,
      timeouts,
      ...(gitCaFile === undefined ? {} : { caFile: gitCaFile }),
      ...(gitProxy === undefined ? {} : { proxy: gitProxy }),
    });
  }
  if ((gitUsername ?? gitPasswordFile ?? gitTokenFile) === undefined) return undefined;
  return createCredentialsProvider({
    ...(gitUsername === undefined ? {} : { username: gitUsername }),
    ...(gitPasswordFile === undefined ? {} : { passwordFile: gitPasswordFile }),
    ...(gitTokenFile === undefined ? {} : { tokenFile: gitTokenFile }),
  });
}

/** Reads the files that the settings name, without asking anybody. Throws `SourceError`. */
export async function checkRemoteFiles(
  settings: RemoteSettings,
  { credentials }: RemoteOptions,
): Promise<void> {
  if (settings.gitGithubAppKeyFile === undefined) await credentials?.();
  else await readGithubAppKey(settings.gitGithubAppKeyFile);
  await checkSshFiles(sshOptionsOf(settings, {}));
}

/** How the settings want the repository read. */
export function gitOptionsOf(
  settings: Settings,
  mirrorFolder: string,
  env: NodeJS.ProcessEnv,
): GitRepositoryOptions {
  const timeouts: SourceTimeouts = {
    ...TIMEOUTS,
    connectMs: settings.gitConnectTimeoutS * 1000,
    headersMs: settings.gitIdleTimeoutS * 1000,
    idleMs: settings.gitIdleTimeoutS * 1000,
    packMs: settings.gitFetchTimeoutS * 1000,
  };
  return {
    url: settings.repo,
    ref: settings.ref,
    basePath: settings.path,
    dataDir: mirrorFolder,
    ...remoteOptionsOf(settings, { repo: settings.repo, env, timeouts }),
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
    timeouts,
  };
}
