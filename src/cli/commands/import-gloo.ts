import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import type { ImportObjectsOptions } from "../objects/import-objects.js";

/** `gloo import gloo`: objects of the Gloo of 2018, from its files or from Kubernetes. */
export function addImportGlooCommand(parent: Command, { io, finish }: CommandContext): void {
  const command = parent
    .command("gloo")
    .summary("objects of the Gloo of 2018, from its files or from Kubernetes")
    .description(
      "Takes upstreams, virtual services, roles and attributes from the file storage of the Gloo of 2018, or " +
        "from what `kubectl get -o yaml` prints, and prints them as config or writes one file for each. Status, " +
        "versions and what kubectl notes are left out; secrets are named, never copied.",
    )
    .argument("<where>", "a folder such as _gloo_config, or a file; - is stdin")
    .option("--out <folder>", "write upstreams/NAME.yaml and the like below this folder")
    .option("--force", "replace files of other content there")
    .option("--json", "with --out, print the written files as JSON")
    .action(async (where: string, options: ImportObjectsOptions) => {
      const { importObjects } = await import("../objects/import-objects.js");
      finish(await importObjects(where, options, io));
    });
  addHelp(
    command,
    [
      {
        command: "gloo import gloo _gloo_config --out . && gloo check",
        what: "From its files into this folder",
      },
      {
        command:
          "kubectl get upstreams,virtualservices,roles.gloo.solo.io -n gloo-system -o yaml | gloo import gloo - --out .",
        what: "From a cluster",
      },
    ],
    {
      0: "the objects were printed or written",
      1: "what was given has mistakes; nothing was written",
      2: "it could not be read, or a file is there already",
    },
  );
}
