import { InvalidArgumentError, Option, type Command } from "commander";
import type { AdminServer } from "../admin/admin-client.js";

/** The options of every command that shows something of a running control plane. */
export interface AdminOptions extends AdminServer {
  readonly json?: boolean;
  /** Seconds between two looks; `true`: 2. */
  readonly watch?: true | number;
}

/** Which of several environments is meant. */
export function addEnvironmentOption(command: Command): Command {
  return command.option(
    "--environment <name>",
    "the environment that is meant, where `gloo serve` serves several (env: GLOO_ENVIRONMENT)",
  );
}

/** Where the control plane is, how to be let in, and what of it is meant. */
export function addServerOptions(command: Command): Command {
  return addEnvironmentOption(command)
    .addOption(
      new Option("--server <url>", "where `gloo serve` answers people").default(
        "http://127.0.0.1:8090",
      ),
    )
    .option("--token-file <file>", "file with the token that the server asks for off loopback")
    .option("--ca-file <file>", "PEM file with CAs to trust besides the well-known ones");
}

export function addAdminOptions(command: Command): Command {
  return addServerOptions(command)
    .option("--json", "print the server's own JSON, one document a line with --watch")
    .addOption(
      new Option(
        "--watch [seconds]",
        "look again and again until Ctrl-C (default: every 2 s)",
      ).argParser(parseSeconds),
    );
}

/** Milliseconds between two looks; undefined: look once. */
export function watchIntervalMs({ watch }: AdminOptions): number | undefined {
  return watch === undefined ? undefined : (watch === true ? 2 : watch) * 1000;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.1 && seconds <= 3600))
    throw new InvalidArgumentError("it is not 0.1 to 3600.");
  return seconds;
}
