import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { addImportGlooCommand } from "./import-gloo.js";
import { addImportOpenapiCommand } from "./import-openapi.js";
import { addImportProtoCommand } from "./import-proto.js";

/** `gloo import`: makes config of what a service says of itself. */
export function addImportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("import")
    .summary("make config from descriptions of services, or from the Gloo of 2018")
    .description(
      "Makes files for the config repository from what a service says of itself, or from the objects of the " +
        "Gloo of 2018. What comes out is config like any other: read it, change it, commit it.",
    )
    .helpCommand(false);
  for (const add of [addImportOpenapiCommand, addImportProtoCommand, addImportGlooCommand])
    add(command, context);
  addHelp(
    command,
    [
      {
        command: "gloo import openapi petstore.yaml --out .",
        what: "An upstream with a function for every operation of an OpenAPI document",
      },
      {
        command: "gloo import proto bookstore.proto --host bookstore:50051 --out .",
        what: "An upstream with a function for every method of gRPC services",
      },
    ],
    {
      0: "the config was made",
      1: "the description has errors; nothing was written",
      2: "the description could not be read, or the config not be written",
    },
  );
}
