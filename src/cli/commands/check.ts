import { Option, type Command } from "commander";
import { hasErrors, sortDiagnostics, type Diagnostic } from "../../diagnostics/diagnostic.js";
import { addHelp, type CommandContext } from "../add-command.js";
import type { BuiltConfig } from "../check/build-config.js";
import { checkFormats, type CheckFormat, type CheckReport } from "../check/check-report.js";
import { ExitCode, withProgress, type Io } from "../io.js";
import { addConfigOptions, configTargetOf, type ConfigOptions } from "./config-options.js";

interface Options extends ConfigOptions {
  readonly format: CheckFormat;
  readonly strict?: boolean;
  /** Undefined: if there is one on this machine. */
  readonly envoy?: boolean;
}

/** `gloo check`: says what is wrong with a config, before anybody commits it. */
export function addCheckCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addConfigOptions(program.command("check"))
    .summary("say what is wrong with a config")
    .description(
      "Checks a config as the control plane checks every commit: schemas, names, references and " +
        "Envoy's own rules. A folder is checked as it is on disk: with edits that are not committed, " +
        "without files that Git ignores. Changes nothing.",
    )
    .addOption(
      new Option(
        "--format <format>",
        "for people, for programs, or as annotations of GitHub Actions",
      )
        .choices([...checkFormats])
        .default("human"),
    )
    .option("--strict", "fail on warnings too")
    .option("--envoy", "let a real Envoy judge it as well, and fetch Envoy if there is none")
    .option("--no-envoy", "do not ask Envoy (default: ask it if it is on this machine)")
    .action(async (where: string, options: Options) => {
      const { formatCheck } = await import("../check/check-report.js");
      const report = await check(where, options, io);
      io.stdout(formatCheck(report, options.format, io.style));
      finish(report.ok ? ExitCode.Ok : ExitCode.Invalid);
    });
  addHelp(
    command,
    [
      { command: "gloo check", what: "The config in this folder, as it is on disk" },
      { command: "gloo check . --path env/prod --strict", what: "One folder of it; warnings fail" },
      { command: "gloo check . --ref HEAD", what: "What is committed, whatever was edited since" },
      {
        command: "gloo check https://git.example.com/platform/gateway.git --ref feature",
        what: "A branch of a repository elsewhere",
      },
      { command: "gloo check --format github", what: "Annotate a pull request in GitHub Actions" },
    ],
    {
      0: "the config may go live",
      1: "it has errors (or, with --strict, warnings)",
      2: "it could not be checked",
    },
  );
}

async function check(where: string, options: Options, io: Io): Promise<CheckReport> {
  // Envoy is looked for while the config is read and built.
  const locating = options.envoy === false ? Promise.resolve(undefined) : locateEnvoyFor(io);
  locating.catch(() => undefined); // awaited below, if Envoy is to be asked at all
  const { buildConfig } = await import("../check/build-config.js");
  const target = await configTargetOf(where, options, io);
  const built = await buildConfig(target, options, io);
  const { commit, files, uncheckedSecrets } = built;
  const envoyPath = hasErrors(built.diagnostics)
    ? undefined
    : ((await locating) ?? (options.envoy === true ? await fetchEnvoy(io) : undefined));
  const refused = envoyPath === undefined ? [] : await judge(envoyPath, built, io);
  const diagnostics = sortDiagnostics([...built.diagnostics, ...refused]);
  return {
    ok: !(options.strict === true ? diagnostics.length > 0 : hasErrors(diagnostics)),
    commit,
    files,
    envoy: envoyPath === undefined ? "not-asked" : refused.length > 0 ? "refused" : "accepted",
    uncheckedSecrets,
    diagnostics,
  };
}

async function locateEnvoyFor(io: Io): Promise<string | undefined> {
  const { locateEnvoy } = await import("../../envoy-binary/locate-envoy.js");
  return (await locateEnvoy(io.env, io.signal))?.path;
}

async function fetchEnvoy(io: Io): Promise<string> {
  const { ensureEnvoy } = await import("../../envoy-binary/ensure-envoy.js");
  return withProgress(io, "fetching Envoy", (progress) =>
    ensureEnvoy({ env: io.env, report: (line) => progress.update(line), signal: io.signal }),
  );
}

async function judge(
  envoyPath: string,
  built: BuiltConfig,
  io: Io,
): Promise<readonly Diagnostic[]> {
  const { askEnvoy } = await import("../check/ask-envoy.js");
  const { placeUnder } = await import("../check/place-under.js");
  const refused = await withProgress(io, "asking Envoy", () =>
    askEnvoy(envoyPath, built, io.signal),
  );
  return placeUnder(built.source.prefix, refused);
}
