import type { Command } from "commander";
import type { EnvoysResponse } from "../../admin/api-types.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode } from "../io.js";
import { printable } from "../printable.js";
import { addAdminOptions, watchIntervalMs, type AdminOptions } from "./admin-options.js";

/** `gloo envoys`: the Envoys of a running control plane. */
export function addEnvoysCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addAdminOptions(program.command("envoys"))
    .summary("list the connected Envoys")
    .description(
      "Lists the Envoys that are connected to a running control plane, and what they refuse.",
    )
    .action(async (options: AdminOptions) => {
      const { getFromAdmin } = await import("../admin/admin-client.js");
      const { formatEnvoys } = await import("../admin/format-envoys.js");
      const { show } = await import("../admin/watch.js");
      let refused = false;
      const look = async (): Promise<string> => {
        const response = (await getFromAdmin(options, "/api/v1/envoys", io)) as EnvoysResponse;
        refused = response.envoys.some(({ state }) => state === "nack");
        return options.json
          ? `${JSON.stringify(response)}\n`
          : formatEnvoys(printable(response.envoys), io, Date.now());
      };
      await show(look, io, watchIntervalMs(options));
      finish(refused ? ExitCode.Invalid : ExitCode.Ok);
    });
  addHelp(
    command,
    [
      { command: "gloo envoys", what: "Of the control plane on this machine" },
      { command: "gloo envoys --json | jq '.envoys[].nodeId'", what: "Only their node ids" },
    ],
    {
      0: "no Envoy refuses what it was sent",
      1: "some Envoy does",
      2: "the control plane could not be asked",
    },
  );
}
