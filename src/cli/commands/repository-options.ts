import type { Command } from "commander";
import { addRemoteOptions, type ConfigOptions } from "./config-options.js";

/** The options of commands that read and write objects of a config repository. */
export interface RepositoryOptions extends ConfigOptions {
  readonly repository: string;
  readonly branch?: string;
  readonly remote?: string | true;
}

/** The options of those that write. */
export interface ObjectWriteOptions extends RepositoryOptions {
  readonly message?: string;
  readonly author?: string;
  readonly sign?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Adds the options that say which branch of which repository is meant. */
export function addRepositoryOptions(command: Command): Command {
  command
    .option(
      "--repository <where>",
      "a repository on this machine, or the http(s) or ssh URL of one",
      ".",
    )
    .option("--branch <name>", "the branch (default: the one checked out, or the default)")
    .option("--remote [name]", "of a clone: this remote of it (default: origin), not the clone")
    .option("--path <folder>", "the folder of the repository that holds the config");
  return addRemoteOptions(command);
}

/** Adds those, and the ones that say how a commit is made. */
export function addObjectWriteOptions(command: Command): Command {
  command
    .option("--message <text>", "the commit's message (default: one that says what is done)")
    .option(
      "--author <author>",
      'who makes it, as "Ada <ada@example.com>" (default: as Git has it)',
    )
    .option("--sign", "sign the commit, as Git is set to")
    .option("--dry-run", "print how files would change, and write nothing")
    .option("--json", "print what was done as JSON");
  return addRepositoryOptions(command);
}

/** What the exit codes of commands that write mean. */
export const writeExitCodes = {
  0: "done, or there was nothing to change",
  1: "the config would be wrong, or the person at the terminal said no; nothing was written",
  2: "the object is not there or has changed, or the repository could not be read or written",
} as const;

/** What the exit codes of commands that read mean. */
export const readExitCodes = {
  0: "printed",
  2: "there is no such object, or the repository could not be read",
} as const;
