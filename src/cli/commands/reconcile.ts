import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { addWaitOptions, type OrderOptions } from "./order-options.js";

interface ReconcileOptions extends Omit<OrderOptions, "by" | "reason"> {
  readonly force?: boolean;
}

/** `gloo reconcile`: have a running control plane look at the repository at once. */
export function addReconcileCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addWaitOptions(program.command("reconcile"))
    .summary("have the repository looked at now")
    .description(
      "Has a running control plane look at the repository at once. With --force it also judges the newest commit again, whatever became of it, and lets it go live although a guard holds it; neither a pin, a suspension nor a missing signature gives way.",
    )
    .option("--force", "judge the newest commit again, and let no guard hold it")
    .action(async ({ force, wait, timeout, json, ...server }: ReconcileOptions) => {
      const { giveOrder } = await import("../admin/give-order.js");
      const path = `/api/v1/reconcile${force ? "?force=true" : ""}`;
      const how = { waits: wait === true, timeoutS: timeout, json: json === true };
      finish(await giveOrder({ server, path, body: {}, ...how }, io));
    });
  addHelp(
    command,
    [
      { command: "gloo reconcile", what: "Do not wait for the next poll" },
      { command: "git push && gloo reconcile --wait", what: "Until what was pushed is live" },
      { command: "gloo reconcile --force --wait", what: "Try again what was refused" },
    ],
    {
      0: "it was asked for; with --wait: the newest commit is live",
      1: "with --wait: the newest commit is rejected, refused, or has to wait",
      2: "the control plane could not be asked, or could not read the repository",
    },
  );
}
