import { Option, type Command } from "commander";
import { hasErrors } from "../../diagnostics/diagnostic.js";
import { typeUrls, type ResourceKind } from "../../envoy/type-urls.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode } from "../io.js";
import { addConfigOptions, configTargetOf, type ConfigOptions } from "./config-options.js";

interface Options extends ConfigOptions {
  readonly role?: string;
  readonly type?: ResourceKind;
  readonly format: "json" | "yaml";
}

/** `gloo render`: prints what Envoys would be served. */
export function addRenderCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addConfigOptions(program.command("render"))
    .summary("print what Envoys would be served")
    .description(
      "Translates a config and prints the Envoy resources of each role as canonical ProtoJSON, with " +
        "sorted keys and without secret values. Equal config gives equal bytes.",
    )
    .option("--role <role>", "only what this role is served")
    .addOption(
      new Option("--type <type>", "only resources of this type").choices(Object.keys(typeUrls)),
    )
    .addOption(
      new Option("--format <format>", "for people, or for programs")
        .choices(["json", "yaml"])
        .default("yaml"),
    )
    .addOption(new Option("--json", "the same as --format json").implies({ format: "json" }))
    .action(async (where: string, options: Options) => {
      const { buildConfig } = await import("../check/build-config.js");
      const { formatDiagnosticsText } = await import("../../diagnostics/format-text.js");
      const target = await configTargetOf(where, options, io);
      const built = await buildConfig(target, options, io);
      const { uncheckedNote } = await import("../check/check-report.js");
      io.stderr(formatDiagnosticsText(built.diagnostics) + uncheckedNote(built.uncheckedSecrets));
      if (hasErrors(built.diagnostics)) {
        finish(ExitCode.Invalid);
        return;
      }
      const { renderSnapshot, formatRendered } = await import("../render/render-snapshot.js");
      io.stdout(formatRendered(renderSnapshot(built.snapshot, options), options.format));
      finish(ExitCode.Ok);
    });
  addHelp(
    command,
    [
      { command: "gloo render", what: "Everything, from the files in this folder" },
      {
        command: "gloo render --role ingress --type route",
        what: "The route tables of one role",
      },
      {
        command: "diff <(gloo render --ref main) <(gloo render)",
        what: "What the edits in this folder change for Envoys",
      },
    ],
    {
      0: "the resources were printed",
      1: "the config has errors, which are on stderr; nothing was printed",
      2: "the config could not be read, or there is no such role",
    },
  );
}
