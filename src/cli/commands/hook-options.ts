import type { Command } from "commander";
import type { BuildOptions } from "../check/build-config.js";

/** What the hooks of Git that check a config can be told of it. */
export interface HookOptions extends BuildOptions {
  readonly path?: string;
  readonly json?: boolean;
}

/** Adds the options that say which config a hook checks, and with what. */
export function addHookOptions(command: Command): Command {
  return command
    .option("--path <folder>", "the folder of the repository that holds the config")
    .option("--secrets-dir <folder>", "secrets that the config refers to; else taken to be there")
    .option(
      "--age-key-file <file>",
      "identities that open encrypted secrets (or SOPS_AGE_KEY_FILE)",
    )
    .option("--plugin <package...>", "npm packages with plugins");
}
