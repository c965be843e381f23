import { Option, type Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import type { OutputForm } from "../objects/print-objects.js";
import type { FunctionWriteOptions } from "../objects/write-functions.js";
import {
  addObjectWriteOptions,
  addRepositoryOptions,
  readExitCodes,
  writeExitCodes,
  type RepositoryOptions,
} from "./repository-options.js";

interface GetOptions extends RepositoryOptions {
  readonly upstream?: string;
  readonly output: OutputForm;
  readonly json?: boolean;
}

/** `gloo function`: functions of upstreams. */
export function addFunctionCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("function")
    .summary("get, create, update and delete functions of upstreams in Git")
    .description("Reads and writes the functions of upstreams, and says which routes lead to them.")
    .helpCommand(false);
  addGet(command, context);
  for (const verb of ["create", "update", "delete"] as const) addWrite(command, verb, context);
  addHelp(
    command,
    [
      { command: "gloo function get", what: "All functions, and the routes that lead to them" },
      {
        command: "gloo function create list --upstream lambda -f spec.yaml",
        what: "Add one to an upstream",
      },
    ],
    writeExitCodes,
  );
}

function addGet(parent: Command, { io, finish }: CommandContext): void {
  const command = parent
    .command("get")
    .summary("print functions, and the routes that lead to them")
    .description("Prints functions as they are committed, and the routes that lead to them.")
    .argument("[name]", "those of this name (default: all)")
    .option("--upstream <name>", "those of this upstream")
    .addOption(
      new Option("-o, --output <form>", "how they are printed")
        .choices(["table", "yaml", "json"])
        .default("table"),
    )
    .option("--json", "the same as -o json");
  addRepositoryOptions(command).action(async (name: string | undefined, options: GetOptions) => {
    const { printFunctions } = await import("../objects/write-functions.js");
    const output = options.json === true ? "json" : options.output;
    finish(await printFunctions(name, { ...options, output }, io));
  });
  addHelp(
    command,
    [
      { command: "gloo function get", what: "All of them" },
      { command: "gloo function get --upstream lambda -o yaml", what: "Those of an upstream" },
    ],
    readExitCodes,
  );
}

function addWrite(
  parent: Command,
  verb: "create" | "update" | "delete",
  { io, finish }: CommandContext,
): void {
  const what = {
    create: "add a function to",
    update: "change a function of",
    delete: "delete a function of",
  }[verb];
  const command = parent
    .command(verb)
    .summary(`${what} an upstream`)
    .description(`${what.charAt(0).toUpperCase()}${what.slice(1)} an upstream, in one commit.`)
    .argument("<name>", "of the function")
    .requiredOption("--upstream <name>", "the upstream");
  if (verb === "delete") {
    command
      .option("--force", "delete it although routes lead to it: the config is wrong then")
      .option("--yes", "do not ask, on a terminal either");
  } else command.option("-f, --file <file>", "its spec, as YAML or JSON; - is stdin");
  addObjectWriteOptions(command).action(async (name: string, options: FunctionWriteOptions) => {
    const { writeFunction } = await import("../objects/write-functions.js");
    finish(await writeFunction(verb, name, options, io));
  });
  const file = verb === "delete" ? "" : " -f spec.yaml";
  addHelp(
    command,
    [{ command: `gloo function ${verb} list --upstream lambda${file}`, what: "One of a Lambda" }],
    writeExitCodes,
  );
}
