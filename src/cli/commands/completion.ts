import { Argument, type Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode } from "../io.js";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

/** `gloo completion`: what a shell needs to know to complete commands, options and their values. */
export function addCompletionCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("completion")
    .summary("print a completion script for a shell")
    .description(
      "Prints a script by which a shell completes commands, options and their values. It holds all that it " +
        "needs: nothing is run when you press Tab. Make it again after an upgrade.",
    )
    .addArgument(new Argument("<shell>", "whose").choices([...shells]))
    .action(async (shell: Shell) => {
      io.stdout(await scriptFor(shell, program));
      finish(ExitCode.Ok);
    });
  addHelp(
    command,
    [
      { command: "source <(gloo completion bash)", what: "In this shell; in ~/.bashrc, in all" },
      { command: "source <(gloo completion zsh)", what: "In ~/.zshrc, after compinit" },
      {
        command: "gloo completion fish > ~/.config/fish/completions/gloo.fish",
        what: "For fish, for good",
      },
    ],
    { 0: "the script was printed" },
  );
}

async function scriptFor(shell: Shell, program: Command): Promise<string> {
  const { describeCommands } = await import("../completion/describe-commands.js");
  const commands = describeCommands(program);
  if (shell === "bash") return (await import("../completion/bash.js")).bashScript(commands);
  if (shell === "zsh") return (await import("../completion/zsh.js")).zshScript(commands);
  return (await import("../completion/fish.js")).fishScript(commands);
}
