import { Command, CommanderError } from "commander";
import { productVersion } from "../app/version.js";
import { addApplyCommand } from "./commands/apply.js";
import { addBootstrapCommand } from "./commands/bootstrap.js";
import { addBridgeCommand } from "./commands/bridge.js";
import { addCheckCommand } from "./commands/check.js";
import { addCommentCommand } from "./commands/comment.js";
import { addCompletionCommand } from "./commands/completion.js";
import { addDemoCommand } from "./commands/demo.js";
import { addDiffCommand } from "./commands/diff.js";
import { addEnvoysCommand } from "./commands/envoys.js";
import { addExplainCommand } from "./commands/explain.js";
import { addFmtCommand } from "./commands/fmt.js";
import { addFunctionCommand } from "./commands/function.js";
import { addHookCommand } from "./commands/hook.js";
import { addHistoryCommand } from "./commands/history.js";
import { addImportCommand } from "./commands/import.js";
import { addInitCommand } from "./commands/init.js";
import {
  addApproveCommand,
  addPinCommand,
  addResumeCommand,
  addSuspendCommand,
  addUnpinCommand,
} from "./commands/orders.js";
import {
  addAttributeCommand,
  addRoleCommand,
  addUpstreamCommand,
  addVirtualServiceCommand,
} from "./commands/objects.js";
import { addReconcileCommand } from "./commands/reconcile.js";
import { addRenderCommand } from "./commands/render.js";
import { addRollbackCommand } from "./commands/rollback.js";
import { addRouteCommand } from "./commands/route.js";
import { addSecretCommand } from "./commands/secret.js";
import { addServeCommand } from "./commands/serve.js";
import { addStatusCommand } from "./commands/status.js";
import { addTestCommand } from "./commands/test.js";
import { ExitCode, type Io } from "./io.js";
import { reportFailure } from "./report-failure.js";

/** Runs the command that `args` ask for. Writes only through `io`; never throws. */
export async function runProgram(args: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.Ok;
  try {
    const program = createProgram(io, (code) => {
      exitCode = code;
    });
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (cause) {
    if (cause instanceof CommanderError) {
      // commander has printed its message; --help and --version end with 0
      return cause.exitCode === 0 ? ExitCode.Ok : ExitCode.Failed;
    }
    reportFailure(cause, io);
    return ExitCode.Failed;
  }
}

/** All commands, as commander has them. `finish` is told how a command ended. */
export function createProgram(io: Io, finish: (code: ExitCode) => void): Command {
  const program = new Command("gloo")
    .description("A function gateway whose control plane is a Git repository.")
    .helpCommand(false)
    .version(productVersion())
    .option("--no-color", "no colours, also on a terminal (as NO_COLOR does)")
    .addHelpText("after", exitCodesHelp);
  for (const add of [
    addCheckCommand,
    addFmtCommand,
    addTestCommand,
    addExplainCommand,
    addRenderCommand,
    addDiffCommand,
    addCommentCommand,
    addRollbackCommand,
    addUpstreamCommand,
    addVirtualServiceCommand,
    addRouteCommand,
    addRoleCommand,
    addAttributeCommand,
    addFunctionCommand,
    addSecretCommand,
    addApplyCommand,
    addServeCommand,
    addStatusCommand,
    addEnvoysCommand,
    addHistoryCommand,
    addReconcileCommand,
    addPinCommand,
    addUnpinCommand,
    addSuspendCommand,
    addResumeCommand,
    addApproveCommand,
    addBootstrapCommand,
    addBridgeCommand,
    addInitCommand,
    addImportCommand,
    addHookCommand,
    addDemoCommand,
    addCompletionCommand,
  ]) {
    add(program, { io, finish });
  }
  for (const command of allCommands(program)) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .showHelpAfterError("(add --help for what there is)")
      .configureOutput({
        writeOut: (text) => io.stdout(text),
        writeErr: (text) => io.stderr(text),
        getOutHelpWidth: () => io.columns ?? 100,
        getErrHelpWidth: () => io.columns ?? 100,
        getOutHasColors: () => io.style.isColorSupported,
        getErrHasColors: () => io.style.isColorSupported,
      });
  }
  return program;
}

/** A command, and the ones below it at any depth, in the order of their help. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

const exitCodesHelp = `
Exit codes: 0 fine; 1 the config, or what was promised, is not as it should be; 2 the command could
not do its work. \`gloo <command> --help\` has examples.`;
