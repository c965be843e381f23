import { InvalidArgumentError, Option, type Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode, type Io } from "../io.js";
import type { OutputForm } from "../objects/print-objects.js";
import type { VirtualServiceChoice } from "../objects/route/find-virtual-service.js";
import type { RouteWriteOptions } from "../objects/route/write-routes.js";
import { addDestinationFlags, addMatcherFlags } from "../objects/route/route-flags.js";
import {
  addObjectWriteOptions,
  addRepositoryOptions,
  readExitCodes,
  writeExitCodes,
  type RepositoryOptions,
} from "./repository-options.js";

interface GetOptions extends RepositoryOptions, VirtualServiceChoice {
  readonly output: OutputForm;
  readonly json?: boolean;
}

/** `gloo route`: routes of virtual services. */
export function addRouteCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("route")
    .summary("get, create, update, delete and sort routes in Git")
    .description(
      "Reads and writes the routes of one virtual service of a config repository: that of a name, or of a " +
        "domain, or else the one for all hosts. Requests take the first route that matches. Every write is one " +
        "commit that keeps the comments and the order of the file.",
    )
    .helpCommand(false);
  addGet(command, context);
  addCreate(command, context);
  addUpdate(command, context);
  addDelete(command, context);
  addSort(command, context);
  addHelp(
    command,
    [
      { command: "gloo route get", what: "The routes for all hosts" },
      {
        command: "gloo route create --path-prefix /pets --upstream pets --sort",
        what: "Add one, at the place where it takes effect",
      },
    ],
    writeExitCodes,
  );
}

function addChoice(command: Command): Command {
  return command
    .option("-v, --virtual-service <name>", "the virtual service (default: the one for all hosts)")
    .option("-d, --domain <domain>", "the one that has this very domain");
}

function addGet(parent: Command, { io, finish }: CommandContext): void {
  const command = addChoice(
    parent
      .command("get")
      .summary("print routes")
      .description("Prints the routes of a virtual service in their order, as they are committed."),
  )
    .addOption(
      new Option("-o, --output <form>", "how they are printed")
        .choices(["table", "yaml", "json"])
        .default("table"),
    )
    .option("--json", "the same as -o json");
  addRepositoryOptions(command).action(async (options: GetOptions) =>
    finish(await get(options, io)),
  );
  addHelp(
    command,
    [
      { command: "gloo route get", what: "Those for all hosts" },
      { command: "gloo route get --domain shop.example.com -o yaml", what: "Those of a domain" },
    ],
    readExitCodes,
  );
}

async function get(options: GetOptions, io: Io): Promise<ExitCode> {
  const { withConfig } = await import("../objects/open-config.js");
  const { requireVirtualService } = await import("../objects/route/find-virtual-service.js");
  const { formatRoutes } = await import("../objects/route/format-routes.js");
  return withConfig(options, io, "read", async ({ client }) => {
    const { value } = await requireVirtualService(client, options, io.signal);
    const form = options.json === true ? "json" : options.output;
    io.stdout(formatRoutes(value.routes, form, io));
    return ExitCode.Ok;
  });
}

function addCreate(parent: Command, { io, finish }: CommandContext): void {
  const command = addChoice(
    parent
      .command("create")
      .summary("commit a new route")
      .description(
        "Adds a route as the last of its virtual service, or where --index or --sort has it. If there is no " +
          'virtual service for all hosts, one named "default" is made.',
      ),
  );
  addMatcherFlags(command);
  addDestinationFlags(command, "kube");
  addRouteParts(command)
    .option("-f, --file <file>", "routes from a file instead; - is stdin")
    .option("-i, --interactive", "ask for everything, on a terminal")
    .option("--index <n>", "put it at this place; 1 is the first", parseIndex);
  finishWrite(command, async (options) =>
    finish(await (await import("../objects/route/write-routes.js")).createRoute(options, io)),
  );
  addHelp(
    command,
    [
      {
        command: "gloo route create --path-prefix /pets --http-method GET --upstream pets --sort",
        what: "Requests for pets to an upstream",
      },
      {
        command:
          "gloo route create -d shop.example.com --event user.created --upstream mail --function greet",
        what: "Events of a domain to a function",
      },
      { command: "gloo route create -v web -f route.yaml --dry-run", what: "See it first" },
    ],
    writeExitCodes,
  );
}

function addUpdate(parent: Command, { io, finish }: CommandContext): void {
  const command = addChoice(
    parent
      .command("update")
      .summary("change a route")
      .description(
        "Changes one route, chosen by its place or by what it matches and where it leads. What is not given " +
          "stays as it is; extensions are added to those that it has.",
      ),
  ).option("--index <n>", "the route at this place; 1 is the first", parseIndex);
  addMatcherFlags(command, "old-");
  for (const flags of ["--old-upstream <name>", "--old-function <name>"]) {
    const what = flags.includes("function") ? "to this function" : "that leads to this upstream";
    command.addOption(new Option(flags, what).helpGroup("To choose the route that is changed:"));
  }
  addMatcherFlags(command);
  addDestinationFlags(command, "kube");
  addRouteParts(command).option("-f, --file <file>", "the new route from a file; - is stdin");
  finishWrite(command, async (options) =>
    finish(await (await import("../objects/route/write-routes.js")).updateRoute(options, io)),
  );
  addHelp(
    command,
    [
      {
        command: "gloo route update --index 2 --upstream pets-v2",
        what: "Lead the second route elsewhere",
      },
      {
        command:
          "gloo route update --old-path-prefix /pets --path-prefix /animals --prefix-rewrite /pets",
        what: "Serve another path",
      },
    ],
    writeExitCodes,
  );
}

function addDelete(parent: Command, { io, finish }: CommandContext): void {
  const command = addChoice(
    parent
      .command("delete")
      .summary("delete routes")
      .description(
        "Deletes the route at a place, or all that have a matcher and lead to a destination.",
      ),
  )
    .option("--index <n>", "the route at this place; 1 is the first", parseIndex)
    .option("-i, --interactive", "choose from a list, on a terminal")
    .option("--yes", "do not ask, on a terminal either");
  addMatcherFlags(command);
  addDestinationFlags(command, "kube");
  finishWrite(command, async (options) =>
    finish(await (await import("../objects/route/write-routes.js")).deleteRoutes(options, io)),
  );
  addHelp(
    command,
    [
      { command: "gloo route delete --index 3", what: "The third of those for all hosts" },
      {
        command: "gloo route delete -v web --path-prefix /pets --upstream pets",
        what: "By what it looks like",
      },
    ],
    writeExitCodes,
  );
}

function addSort(parent: Command, { io, finish }: CommandContext): void {
  const command = addChoice(
    parent
      .command("sort")
      .summary("put the more specific routes first")
      .description(
        "Sorts routes: events, then exact paths, regexes and prefixes, longer ones first in each. Comments move " +
          "with their routes.",
      ),
  );
  finishWrite(command, async (options) =>
    finish(await (await import("../objects/route/write-routes.js")).sortInPlace(options, io)),
  );
  addHelp(
    command,
    [
      { command: "gloo route sort --dry-run", what: "See what would move" },
      { command: "gloo route sort -v web", what: "Sort the routes of a virtual service" },
    ],
    writeExitCodes,
  );
}

function addRouteParts(command: Command): Command {
  return command
    .option("--prefix-rewrite <prefix>", "what the matched path becomes")
    .option("--extensions <file>", "extensions of the route, as YAML or JSON; - is stdin")
    .option("--sort", "sort all routes then, as `gloo route sort` does");
}

function finishWrite(
  command: Command,
  action: (options: RouteWriteOptions) => Promise<void>,
): void {
  addObjectWriteOptions(command).action(action);
}

function parseIndex(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("places are 1, 2, 3 …");
}
