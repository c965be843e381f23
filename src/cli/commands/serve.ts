import { once } from "node:events";
import { Option, type Command } from "commander";
import { listSettings, settingGroups, type SettingInfo } from "../../app/setting-infos.js";
import type { ControlPlane } from "../../app/start.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode, type Io } from "../io.js";

/** The settings by key, as far as flags give them, and the settings file. */
interface Options extends Readonly<Record<string, unknown>> {
  readonly config?: string;
}

/** `gloo serve`: the control plane. */
export function addServeCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("serve")
    .summary("serve a config repository to Envoys")
    .description(
      "Runs the control plane: watches a Git repository, checks every commit, and serves the newest " +
        "good one to Envoys. Each option is also an environment variable (--state-dir is " +
        "GLOO_STATE_DIR) and a key of the settings file (state_dir); an option goes before the " +
        "environment, and that before the file. Writes its log to stdout.",
    )
    .option("--config <file>", "YAML file with settings (env: GLOO_CONFIG)")
    .action(async (options: Options) => finish(await serve(options, io)));
  for (const group of settingGroups) {
    command.optionsGroup(`${group}:`);
    for (const info of listSettings()) {
      if (info.group === group) command.addOption(optionOf(info));
    }
  }
  addHelp(
    command,
    [
      {
        command:
          "gloo serve --repo https://git.example.com/platform/gateway.git --poll '@every 10s'",
        what: "A repository, looked at every ten seconds; Envoys and people on this machine only",
      },
      {
        command: "gloo serve --repo . --ref HEAD --poll '@every 1s' --log-format pretty",
        what: "What is committed in the working folder, to try things out",
      },
      {
        command: "gloo serve --config /etc/gloo/settings.yaml",
        what: "With everything in a file",
      },
    ],
    {
      0: "it was told to end (SIGINT, SIGTERM)",
      2: "it cannot run: a setting, a port, a file or the state directory is not as it should be",
    },
  );
}

/** A setting as an option. Its value is checked with all others, wherever they come from. */
function optionOf(info: SettingInfo): Option {
  const flags = info.alias === undefined ? info.flag : `${info.alias}, ${info.flag}`;
  const hasValue = info.type !== "boolean";
  const option = new Option(hasValue ? `${flags} <${valueName(info)}>` : flags, helpOf(info));
  if (info.type === "list") {
    option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
  }
  return option;
}

/** The description without the sentence's end, and what the schema knows besides. */
function helpOf({ description, choices, default: value, required }: SettingInfo): string {
  const notes = [
    ...(required ? ["required"] : []),
    ...(choices === undefined ? [] : [`choices: ${choices.join(", ")}`]),
    ...(value === undefined || value === "" || Array.isArray(value) || value === false
      ? []
      : [`default: ${String(value)}`]),
  ];
  return `${description}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
}

function valueName({ name, type, choices }: SettingInfo): string {
  if (type === "integer") return "number";
  if (choices !== undefined) return "choice";
  if (/_(?:file|cert|key|ca)$/.test(name)) return "file";
  if (/_dir$|^path$/.test(name)) return "folder";
  return { repo: "url", git_proxy: "url", poll: "schedule", plugin: "package" }[name] ?? "value";
}

async function serve({ config, ...flags }: Options, io: Io): Promise<ExitCode> {
  const { readSettings } = await import("../../app/settings.js");
  const { settings, warnings } = readSettings({
    flags,
    env: io.env,
    cwd: io.cwd,
    ...(config === undefined ? {} : { configFile: config }),
  });
  const { createLogger } = await import("../../app/logger.js");
  const log = createLogger({
    ...settings,
    write: (line) => {
      io.stdout(line);
    },
    color: io.style.isColorSupported,
  });
  for (const warning of warnings) log.warn(warning);
  const { startControlPlane } = await import("../../app/start.js");
  try {
    const controlPlane = await startControlPlane(settings, { log, env: io.env, signal: io.signal });
    if (io.isTerminal) io.stderr(greeting(controlPlane, io));
    if (!io.signal.aborted) await once(io.signal, "abort");
    await controlPlane.close();
  } catch (cause) {
    // Told to end while it still started.
    if (!io.signal.aborted) throw cause;
  }
  return ExitCode.Ok;
}

/** Where it listens, and what to do next. */
function greeting({ adsHost, adsPort, adminUrl, reconcilers }: ControlPlane, io: Io): string {
  const xds = `${adsHost.includes(":") ? `[${adsHost}]` : adsHost}:${adsPort}`;
  const { bold } = io.style;
  // Of several environments, gloo status shows what there is to ask for.
  const role = reconcilers.has("") ? "" : "--role <role> ";
  return [
    `${bold("Envoys")}  ${xds}    gloo bootstrap ${role}--xds ${xds} > envoy.yaml && envoy -c envoy.yaml`,
    `${bold("People")}  ${adminUrl}    gloo status --server ${adminUrl}`,
    "Ctrl-C ends it.",
    "",
  ].join("\n");
}
