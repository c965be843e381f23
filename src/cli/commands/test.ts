import { Option, type Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import type { BuiltConfig } from "../check/build-config.js";
import { ExitCode, withProgress, type Io } from "../io.js";
import type { AskAgain } from "../test/run-report.js";
import { testFormats, type TestFormat } from "../test/test-report.js";
import { addConfigOptions, configTargetOf, type ConfigOptions } from "./config-options.js";

interface Options extends ConfigOptions {
  readonly filter?: string;
  readonly envoy?: true;
  readonly verbose?: true;
  readonly format: TestFormat;
}

/** `gloo test`: runs the route assertions of a config. */
export function addTestCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addConfigOptions(program.command("test"))
    .summary("run the route assertions of a config")
    .description(
      "Runs the tests in files below folders named `tests`: each names a request, and what must become " +
        "of it. They are judged by the compiled route table, without Envoy, as `gloo check` and the " +
        "control plane do with every commit; with --envoy, a real Envoy with the same listeners, routes " +
        "and filters answers the requests, and local back ends take the place of the upstreams.",
    )
    .option("--filter <text>", "only tests with this text in their name or the path of their file")
    .option("--envoy", "send the requests to a real Envoy, which is fetched if need be")
    .option("-v, --verbose", "list the tests that passed, too")
    .addOption(
      new Option("--format <format>", "for people, for programs, or for CI servers")
        .choices(testFormats)
        .default("human"),
    )
    .addOption(new Option("--json", "the same as --format json").implies({ format: "json" }))
    .action(async (where: string, options: Options) => {
      const { buildConfig } = await import("../check/build-config.js");
      const target = await configTargetOf(where, options, io);
      const built = await buildConfig(target, options, io);
      const { runReport } = await import("../test/run-report.js");
      const report = await runReport(built, {
        ...(options.filter === undefined ? {} : { filter: options.filter }),
        ...(options.envoy === true && { ask: askEnvoyFor(built, io) }),
      });
      const { formatTests } = await import("../test/test-report.js");
      const verbose = options.verbose === true;
      io.stdout(await formatTests(report, options.format, { style: io.style, verbose }));
      finish(report.ok ? ExitCode.Ok : ExitCode.Invalid);
    });
  addHelp(
    command,
    [
      { command: "gloo test", what: "All tests of the files in this folder" },
      { command: "gloo test --filter dogs --verbose", what: "Some of them, with what they found" },
      { command: "gloo test --envoy", what: "What a real Envoy does with the same requests" },
      {
        command: "gloo test --format junit > report.xml",
        what: "For a CI server that shows test reports",
      },
    ],
    {
      0: "all tests passed, or there are none",
      1: "a test failed, or the config has errors",
      2: "the config could not be read, no test fits the filter, or Envoy could not be run",
    },
  );
}

function askEnvoyFor(built: BuiltConfig, io: Io): AskAgain {
  return async (results) => {
    const { ensureEnvoy } = await import("../../envoy-binary/ensure-envoy.js");
    const { askRealEnvoy } = await import("../test/ask-real-envoy.js");
    return withProgress(io, "asking Envoy", async (progress) => {
      const report = (line: string): void => progress.update(line);
      const path = await ensureEnvoy({ env: io.env, report, signal: io.signal });
      progress.update(`sending ${results.length} requests to Envoy`);
      return askRealEnvoy(path, built, results, io.signal);
    });
  };
}
