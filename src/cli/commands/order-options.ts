import { InvalidArgumentError, Option, type Command } from "commander";
import type { AdminServer } from "../admin/admin-client.js";
import { addServerOptions } from "./admin-options.js";

/** The options of every command that tells a running control plane to do something. */
export interface OrderOptions extends AdminServer {
  readonly json?: boolean;
  readonly wait?: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly by?: string;
  readonly reason?: string;
}

export function addOrderOptions(command: Command): Command {
  return addWaitOptions(command)
    .option("--reason <text>", "why, for whoever looks at the status")
    .option("--by <name>", "who you are, for the same (default: user@host)");
}

export function addWaitOptions(command: Command): Command {
  return addServerOptions(command)
    .option("--wait", "wait until it is done, and say what came of it")
    .addOption(
      new Option("--timeout <seconds>", "with --wait: for this long at most")
        .argParser(parseTimeout)
        .default(120),
    )
    .option("--json", "print the server's own JSON");
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("it is not 1 to 86400.");
}
