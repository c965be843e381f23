/** How a remote is reached, as `gloo serve` and the commands that read a URL are told. Paths are absolute. */
export interface RemoteSettings {
  readonly gitUsername?: string | undefined;
  readonly gitPasswordFile?: string | undefined;
  readonly gitTokenFile?: string | undefined;
  readonly gitGithubAppId?: string | undefined;
  readonly gitGithubAppKeyFile?: string | undefined;
  readonly gitGithubInstallationId?: string | undefined;
  readonly gitGithubApiUrl?: string | undefined;
  readonly gitSshKeyFile?: string | undefined;
  readonly gitSshKnownHostsFile?: string | undefined;
  readonly gitCaFile?: string | undefined;
  readonly gitProxy?: string | undefined;
}

/** What is wrong with the settings of how a remote is reached, one with the other. */
export function remoteFaultOf(settings: RemoteSettings): string | undefined {
  const { gitTokenFile, gitPasswordFile, gitUsername, gitGithubAppId } = settings;
  if (gitTokenFile !== undefined && gitPasswordFile !== undefined) {
    return "--git-token-file and --git-password-file exclude each other";
  }
  if ((gitGithubAppId === undefined) !== (settings.gitGithubAppKeyFile === undefined)) {
    return "--git-github-app-id and --git-github-app-key-file go together";
  }
  if (gitGithubAppId === undefined) return undefined;
  if ((gitTokenFile ?? gitPasswordFile ?? gitUsername) !== undefined) {
    return "--git-github-app-id excludes --git-username, --git-password-file and --git-token-file";
  }
  return undefined;
}
