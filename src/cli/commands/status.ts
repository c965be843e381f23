import type { Command } from "commander";
import type { StatusResponse } from "../../admin/api-types.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode } from "../io.js";
import { printable } from "../printable.js";
import { addAdminOptions, watchIntervalMs, type AdminOptions } from "./admin-options.js";

/** `gloo status`: what a running control plane serves, and whether all is well. */
export function addStatusCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addAdminOptions(program.command("status"))
    .summary("show what is live, and what is wrong")
    .description(
      "Shows what a running control plane serves, from which commit, and what is wrong. Of several environments it shows one with --environment, and else a table of all.",
    )
    .action(async (options: AdminOptions) => {
      const { EnvironmentNeeded, getFromAdmin, listEnvironments } =
        await import("../admin/admin-client.js");
      const { formatEnvironments } = await import("../admin/format-environments.js");
      const { formatStatus } = await import("../admin/format-status.js");
      const { show } = await import("../admin/watch.js");
      let health: StatusResponse["health"] = "ok";
      const look = async (): Promise<string> => {
        let status: StatusResponse;
        try {
          status = (await getFromAdmin(options, "/api/v1/status", io)) as StatusResponse;
        } catch (cause) {
          if (!(cause instanceof EnvironmentNeeded)) throw cause;
          const all = await listEnvironments(options, io);
          health = all.health;
          return options.json
            ? `${JSON.stringify(all)}\n`
            : formatEnvironments(printable(all), io, Date.now());
        }
        health = status.health;
        return options.json
          ? `${JSON.stringify(status)}\n`
          : formatStatus(printable(status), io.style, Date.now());
      };
      await show(look, io, watchIntervalMs(options));
      finish(health === "ok" ? ExitCode.Ok : ExitCode.Invalid);
    });
  addHelp(
    command,
    [
      { command: "gloo status", what: "Of the control plane on this machine" },
      {
        command:
          "gloo status --server https://gloo.internal:8090 --token-file ~/.gloo-token --json",
        what: "Of another one, for a program to read",
      },
      { command: "gloo status --watch 5", what: "Every five seconds" },
      { command: "gloo status --environment production", what: "Of one of several environments" },
    ],
    {
      0: "health is ok",
      1: "health is degraded, or starting",
      2: "the control plane could not be asked",
    },
  );
}
