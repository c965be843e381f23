import { resolve } from "node:path";
import { Option, type Command } from "commander";
import type { ConfigTarget } from "../check/config-tree.js";
import { CommandError, type Io } from "../io.js";

/** The options of every command that reads config. */
export interface ConfigOptions {
  readonly ref?: string;
  readonly path?: string;
  readonly secretsDir?: string;
  readonly plugin?: readonly string[];
  readonly gitUsername?: string;
  readonly gitPasswordFile?: string;
  readonly gitTokenFile?: string;
  readonly gitCaFile?: string;
  readonly gitProxy?: string;
}

/** Adds the argument and the options that say which config is meant. */
export function addConfigOptions(command: Command): Command {
  const setting = (flags: string, description: string, env: string): Option =>
    new Option(flags, description).env(env);
  command
    .argument("[where]", "a folder, a repository, or the http(s) URL of one", ".")
    .option("--ref <ref>", "what is committed at a branch, tag or commit, not what is on disk")
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
        "--plugin <package>",
        "npm package with plugins; may be repeated",
        "GLOO_PLUGIN",
      ).argParser(appendNames),
    );
  for (const option of [
    setting("--git-username <name>", "user name", "GLOO_GIT_USERNAME"),
    setting("--git-password-file <file>", "file with the password", "GLOO_GIT_PASSWORD_FILE"),
    setting("--git-token-file <file>", "file with a bearer token", "GLOO_GIT_TOKEN_FILE"),
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
  const { ref, path, gitUsername, gitPasswordFile, gitTokenFile, gitCaFile, gitProxy } = options;
  if (gitPasswordFile !== undefined && gitTokenFile !== undefined) {
    throw new CommandError("--git-token-file and --git-password-file exclude each other");
  }
  const absolute = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : resolve(io.cwd, file);
  const { remoteOptionsOf } = await import("../../app/git-options.js");
  return {
    where,
    ...(ref === undefined ? {} : { ref }),
    ...(path === undefined ? {} : { path }),
    remote: remoteOptionsOf({
      gitUsername,
      gitPasswordFile: absolute(gitPasswordFile),
      gitTokenFile: absolute(gitTokenFile),
      gitCaFile: absolute(gitCaFile),
      gitProxy,
    }),
  };
}
