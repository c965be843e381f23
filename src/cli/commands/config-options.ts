import { resolve } from "node:path";
import { Option, type Command } from "commander";
import type { ConfigTarget } from "../check/config-tree.js";
import { CommandError, type Io } from "../io.js";

/** The options of every command that reads config. */
export interface ConfigOptions {
  readonly ref?: string;
  readonly path?: string;
  readonly secretsDir?: string;
  readonly ageKeyFile?: string;
  readonly plugin?: readonly string[];
  readonly gitUsername?: string;
  readonly gitPasswordFile?: string;
  readonly gitTokenFile?: string;
  readonly gitGithubAppId?: string;
  readonly gitGithubAppKeyFile?: string;
  readonly gitGithubInstallationId?: string;
  readonly gitGithubApiUrl?: string;
  readonly gitSshKeyFile?: string;
  readonly gitSshKnownHostsFile?: string;
  readonly gitCaFile?: string;
  readonly gitProxy?: string;
}

/** Adds the argument and the options that say which config is meant. */
export function addConfigOptions(command: Command): Command {
  const setting = (flags: string, description: string, env: string): Option =>
    new Option(flags, description).env(env);
  command
    .argument("[where]", "a folder, a repository, or the http(s) or ssh URL of one", ".")
    .option(
      "--ref <ref>",
      "what is committed at a branch, tag or commit (HEAD~1), not what is on disk",
    )
    .option("--path <folder>", "the folder of the repository that holds the config")
    .addOption(
      setting(
        "--secrets-dir <folder>",
        "secrets that the config refers to; without it they are taken to be there",
        "GLOO_SECRETS_DIR",
      ),
    )
    .addOption(
      setting(
        "--age-key-file <file>",
        "identities of age that open encrypted secrets (or SOPS_AGE_KEY_FILE); without it they stay closed",
        "GLOO_AGE_KEY_FILE",
      ),
    )
    .addOption(
      setting(
        "--plugin <package>",
        "npm package with plugins; may be repeated",
        "GLOO_PLUGIN",
      ).argParser(appendNames),
    );
  return addRemoteOptions(command);
}

/** Adds the options that say how a repository behind a URL is reached. */
export function addRemoteOptions(command: Command): Command {
  const setting = (flags: string, description: string, env: string): Option =>
    new Option(flags, description).env(env);
  for (const option of [
    setting("--git-username <name>", "user name", "GLOO_GIT_USERNAME"),
    setting("--git-password-file <file>", "file with the password", "GLOO_GIT_PASSWORD_FILE"),
    setting("--git-token-file <file>", "file with a bearer token", "GLOO_GIT_TOKEN_FILE"),
    setting("--git-github-app-id <id>", "id of a GitHub App", "GLOO_GIT_GITHUB_APP_ID"),
    setting(
      "--git-github-app-key-file <file>",
      "file with its private key",
      "GLOO_GIT_GITHUB_APP_KEY_FILE",
    ),
    setting(
      "--git-github-installation-id <id>",
      "its installation, if it cannot be found",
      "GLOO_GIT_GITHUB_INSTALLATION_ID",
    ),
    setting("--git-github-api-url <url>", "API of another GitHub", "GLOO_GIT_GITHUB_API_URL"),
    setting("--git-ssh-key-file <file>", "private key for SSH", "GLOO_GIT_SSH_KEY_FILE"),
    setting(
      "--git-ssh-known-hosts-file <file>",
      "host keys to trust, and no others",
      "GLOO_GIT_SSH_KNOWN_HOSTS_FILE",
    ),
    setting("--git-ca-file <file>", "CAs to trust besides the well-known", "GLOO_GIT_CA_FILE"),
    setting("--git-proxy <url>", "HTTP proxy to go through", "GLOO_GIT_PROXY"),
  ]) {
    command.addOption(option.helpGroup("To read a URL:"));
  }
  return command;
}

/** Names come one by one, or, from the environment, separated by commas. */
function appendNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").map((name) => name.trim())];
}

/** What the options mean. File names start from the working folder. */
export async function configTargetOf(
  where: string,
  options: ConfigOptions,
  io: Io,
): Promise<ConfigTarget> {
  const { ref, path } = options;
  const absolute = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : resolve(io.cwd, file);
  const { remoteOptionsOf } = await import("../../app/git-options.js");
  const { remoteFaultOf } = await import("../../app/remote-settings.js");
  const settings = {
    ...options,
    gitPasswordFile: absolute(options.gitPasswordFile),
    gitTokenFile: absolute(options.gitTokenFile),
    gitGithubAppKeyFile: absolute(options.gitGithubAppKeyFile),
    gitSshKeyFile: absolute(options.gitSshKeyFile),
    gitSshKnownHostsFile: absolute(options.gitSshKnownHostsFile),
    gitCaFile: absolute(options.gitCaFile),
  };
  const fault = remoteFaultOf(settings);
  if (fault !== undefined) throw new CommandError(fault);
  return {
    where,
    ...(ref === undefined ? {} : { ref }),
    ...(path === undefined ? {} : { path }),
    remote: remoteOptionsOf(settings, { repo: where, env: io.env }),
  };
}
