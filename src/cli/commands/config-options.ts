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
  return command
    .argument("[where]", "a folder, a repository, or the http(s) URL of one", ".")
    .option("--ref <ref>", "what is committed at a branch, tag or commit, not what is on disk")
    .option("--path <folder>", "the folder of the repository that holds the config")
    .addOption(
      setting(
        "--secrets-dir <folder>",
        "secrets that the config refers to (default: they are taken to be there)",
        "GLOO_SECRETS_DIR",
      ),
    )
    .addOption(
      setting(
        "--plugin <package>",
        "npm package with plugins; may be repeated",
        "GLOO_PLUGIN",
      ).argParser((text: string, before: readonly string[] = []) => [
        ...before,
        ...text.split(",").map((name) => name.trim()),
      ]),
    )
    .addOption(setting("--git-username <name>", "user name for the URL", "GLOO_GIT_USERNAME"))
    .addOption(
      setting("--git-password-file <file>", "password for the URL", "GLOO_GIT_PASSWORD_FILE"),
    )
    .addOption(setting("--git-token-file <file>", "bearer token for it", "GLOO_GIT_TOKEN_FILE"))
    .addOption(setting("--git-ca-file <file>", "CAs to trust besides", "GLOO_GIT_CA_FILE"))
    .addOption(setting("--git-proxy <url>", "HTTP proxy to go through", "GLOO_GIT_PROXY"));
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
  const absolute = (file: string): string => resolve(io.cwd, file);
  const hasCredentials = gitUsername ?? gitPasswordFile ?? gitTokenFile;
  const { createCredentialsProvider } = await import("../../source/credentials.js");
  return {
    where,
    ...(ref === undefined ? {} : { ref }),
    ...(path === undefined ? {} : { path }),
    remote: {
      ...(hasCredentials === undefined
        ? {}
        : {
            credentials: createCredentialsProvider({
              ...(gitUsername === undefined ? {} : { username: gitUsername }),
              ...(gitPasswordFile === undefined ? {} : { passwordFile: absolute(gitPasswordFile) }),
              ...(gitTokenFile === undefined ? {} : { tokenFile: absolute(gitTokenFile) }),
            }),
          }),
      ...(gitCaFile === undefined ? {} : { caFile: absolute(gitCaFile) }),
      ...(gitProxy === undefined ? {} : { proxy: gitProxy }),
    },
  };
}
