import { once } from "node:events";
import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";

import type { Running, Stage } from "../demo/stage.js";
import { ExitCode, withProgress, type Io } from "../io.js";

interface Options {
  readonly keep?: boolean;
}

/** `gloo demo`: the whole product at work, on this machine alone. */
export function addDemoCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("demo")
    .summary("watch the whole of it at work on this machine")
    .description(
      "Sets up a Git repository with the sample config, two back ends, the control plane and an " +
        "Envoy, all on loopback and in a temporary folder; then commits a change, a mistake and a " +
        "revert, and shows what becomes of each. Needs Git; fetches Envoy once if there is none.",
    )
    .option("--keep", "leave everything running at the end, to try things out, until Ctrl-C")
    .action(async (options: Options) => finish(await demo(options, io)));
  addHelp(
    command,
    [
      { command: "gloo demo", what: "Half a minute, and nothing is left behind" },
      { command: "gloo demo --keep", what: "And then go on by yourself" },
    ],
    {
      0: "everything went as promised",
      1: "something did not",
      2: "the demo could not be set up, or was interrupted",
    },
  );
}

async function demo({ keep = false }: Options, io: Io): Promise<ExitCode> {
  const [
    { buildStage },
    { play },
    { startServeProcess },
    { PromiseBroken },
    { formatDiagnosticsText },
  ] = await Promise.all([
    import("../demo/stage.js"),
    import("../demo/play.js"),
    import("../demo/serve-process.js"),
    import("../demo/wait-for.js"),
    import("../../diagnostics/format-text.js"),
  ]);
  const startedMs = performance.now();
  const stage = await buildStage(io, {
    envoyPath: await envoyPath(io),
    startControlPlane: (url, folder) => startServeProcess(url, folder, io),
  });
  try {
    const running = await play(stage, io, (found) => formatDiagnosticsText(found, io.style));
    io.stdout(`\nEverything went as promised, in ${seconds(performance.now() - startedMs)}.\n`);
    if (keep) await keepRunning(stage, running, io);
    return ExitCode.Ok;
  } catch (cause) {
    if (!(cause instanceof PromiseBroken)) throw cause;
    io.stderr(`gloo: not as promised: ${cause.message}\n${await stage.lastWords()}`);
    return ExitCode.Invalid;
  } finally {
    await stage.close();
  }
}

async function envoyPath(io: Io): Promise<string> {
  const { ensureEnvoy } = await import("../../envoy-binary/ensure-envoy.js");
  return withProgress(io, "looking for Envoy", (progress) =>
    ensureEnvoy({
      env: io.env,
      signal: io.signal,
      report(line) {
        progress.update(line);
        if (!io.isTerminal) io.stderr(`${line}\n`);
      },
    }),
  );
}

/** Says where everything is, and waits to be told to end. */
async function keepRunning(stage: Stage, { controlPlane, envoy }: Running, io: Io): Promise<void> {
  const { bold } = io.style;
  io.stdout(
    [
      "",
      bold("It is all still running. Try:"),
      `  cd ${stage.author.folder}   # the config; edit, commit and push it`,
      `  gloo status --server http://127.0.0.1:${controlPlane.adminPort} --watch`,
      `  curl -H "Host: pets.example" http://127.0.0.1:${stage.ports.envoy}/pets`,
      `  curl http://${envoy.adminAddress}/config_dump   # what Envoy was sent`,
      `  tail -f ${controlPlane.logFile}`,
      "",
      "Ctrl-C ends it and removes every file.",
      "",
    ].join("\n"),
  );
  if (!io.signal.aborted) await once(io.signal, "abort");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
