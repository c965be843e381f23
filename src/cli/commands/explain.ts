import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { CommandError, ExitCode } from "../io.js";
import { addConfigOptions, configTargetOf, type ConfigOptions } from "./config-options.js";

interface Options extends ConfigOptions {
  readonly header?: readonly string[];
  readonly body?: string;
  readonly role?: string;
  readonly listener?: string;
  readonly all?: true;
  readonly json?: true;
}

/** How many routes that do not answer are shown. */
const shownMisses = 5;

/** `gloo explain`: which route answers a request, and why the others do not. */
export function addExplainCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("explain")
    .argument("<method>", "the HTTP method of the request")
    .argument("<url>", "scheme, host, path and query, as a client asks for them");
  addConfigOptions(command)
    .summary("say which route answers a request, and why the others do not")
    .description(
      "Finds the route that answers a request, exactly as Envoy chooses, without sending anything: the " +
        "listener, the virtual host, the route with its file, line, commit and author, what the back end " +
        "is asked after all rewriting, and why the other routes of the virtual host do not answer.",
    )
    .option("-H, --header <header>", '"name: value"; may be repeated', append)
    .option("--body <text>", "the body of the request")
    .option(
      "--role <role>",
      "the role whose Envoys are asked (default: the only one, else ingress)",
    )
    .option("--listener <name>", "the listener that is asked (default: by scheme and port)")
    .option("--all", "all routes that do not answer, not only the nearest")
    .option("--json", "for programs")
    .action(async (method: string, url: string, where: string, options: Options) => {
      const request = await readRequest(method, url, options);
      const { buildConfig } = await import("../check/build-config.js");
      const target = await configTargetOf(where, options, io);
      const built = await buildConfig(target, options, io);
      const errors = built.diagnostics.filter(
        ({ severity, code }) => severity === "error" && !code.startsWith("test/"),
      );
      if (errors.length > 0) {
        const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
        io.stderr(`gloo: the config has ${count}, and what has them is left out (gloo check)\n`);
      }
      const { explainRequest } = await import("../explain/explain-request.js");
      const limit = options.all === true ? Infinity : shownMisses;
      const explanation = await explainRequest(built, request, { target, limit, io });
      const { explanationJson, formatExplanation } = await import("../explain/explanation.js");
      io.stdout(
        options.json === true
          ? explanationJson(explanation)
          : formatExplanation(explanation, io.style),
      );
      const { kind } = explanation.match.verdict;
      const isAnswered = kind !== "no-route" && kind !== "no-listener" && kind !== "refused";
      finish(isAnswered && errors.length === 0 ? ExitCode.Ok : ExitCode.Invalid);
    });
  addHelp(
    command,
    [
      {
        command: "gloo explain GET https://pets.example/dogs",
        what: "With the files in this folder",
      },
      {
        command: "gloo explain POST http://pets.example/dogs -H 'content-type: application/json'",
        what: "With a header that routes may look at",
      },
      {
        command: "gloo explain GET http://pets.example/ --ref main --json",
        what: "With what is committed to main, for programs",
      },
    ],
    {
      0: "a route answers",
      1: "no route answers, or the config has errors",
      2: "the request or the config could not be read",
    },
  );
}

async function readRequest(method: string, url: string, options: Options) {
  const { readUrl } = await import("../../routing/request.js");
  const line = readUrl(url);
  if (typeof line === "string") throw new CommandError(line);
  if (!/^[A-Za-z][A-Za-z-]*$/.test(method)) {
    throw new CommandError(`"${method}" is not an HTTP method, such as GET`);
  }
  const { body, role, listener } = options;
  return {
    ...line,
    method: method.toUpperCase(),
    headers: Object.fromEntries((options.header ?? []).map(readHeader)),
    ...(body !== undefined && { body }),
    ...(role !== undefined && { role }),
    ...(listener !== undefined && { listener }),
  };
}

function append(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function readHeader(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  if (colon < 1) throw new CommandError(`-H "${text}" is not of the form "name: value"`);
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}
