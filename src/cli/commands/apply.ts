import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import type { ApplyOptions } from "../objects/apply-objects.js";
import { addObjectWriteOptions, writeExitCodes } from "./repository-options.js";

/** `gloo apply`: makes the config have the objects of a file. */
export function addApplyCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("apply")
    .summary("make the config have the objects of a file or folder, in one commit")
    .description(
      "Creates the objects of a file or folder that the config has not got, and updates those that it has; all " +
        "of it is one commit, or nothing is written. Takes what the repository's own files may hold: documents, " +
        "lists, the combined form with upstreams and virtual_services, and the form of Kubernetes.",
    )
    .requiredOption("-f, --file <where>", "the file or folder; - is what comes in by stdin")
    .option(
      "-d, --delete",
      "delete what the config has beyond that, of the kinds that the file holds",
    )
    .option("--no-update", "fail if an object is there already")
    .option("--yes", "do not ask before objects are deleted, on a terminal either");
  addObjectWriteOptions(command).action(async (options: ApplyOptions) => {
    const { applyObjects } = await import("../objects/apply-objects.js");
    finish(await applyObjects(options, io));
  });
  addHelp(
    command,
    [
      { command: "gloo apply -f gloo.yaml", what: "Commit what a file holds" },
      {
        command: "gloo apply -f config/ --delete --dry-run",
        what: "See what a folder would change",
      },
      {
        command:
          "gloo apply -f - --repository https://git.example.com/edge/config.git --branch change",
        what: "Propose what comes in on a branch",
      },
    ],
    writeExitCodes,
  );
}
