import { Argument, type Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { hookNames, type HookName } from "../hook/install-hook.js";
import { addPreCommitCommand } from "./hook-pre-commit.js";
import { addPreReceiveCommand } from "./hook-pre-receive.js";
import { ExitCode } from "../io.js";

/** `gloo hook`: checks that Git itself asks for. */
export function addHookCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("hook")
    .summary("check the config whenever Git commits or receives it")
    .description(
      "Hooks for Git. On a server, pre-receive refuses a push whose config has errors, with the errors " +
        "on the terminal of whoever pushes; in a work tree, pre-commit does so before there is a commit.",
    )
    .helpCommand(false);
  for (const add of [addPreReceiveCommand, addPreCommitCommand, addInstallCommand]) {
    add(command, context);
  }
  addHelp(
    command,
    [
      {
        command: "gloo hook install pre-commit",
        what: "Check what is staged before each commit in this work tree",
      },
      {
        command: "gloo hook install pre-receive --repository /srv/git/gateway.git",
        what: "Have a Git server refuse what could not go live",
      },
    ],
    { 0: "the config may come in", 1: "it has errors", 2: "it could not be checked" },
  );
}

interface InstallOptions {
  readonly repository: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

function addInstallCommand(parent: Command, { io, finish }: CommandContext): void {
  const command = parent
    .command("install")
    .summary("write a hook into a repository")
    .description(
      "Writes a hook where Git looks for it in a repository on this machine. Options after `--` are what " +
        "the hook is run with.",
    )
    .addArgument(new Argument("<hook>", "which one").choices([...hookNames]))
    .argument("[args...]", "options of the hook, such as -- --path env/prod")
    .option("--repository <folder>", "the repository, bare or with a work tree", ".")
    .option("--force", "replace a hook that is not gloo's")
    .option("--json", "print its path as JSON")
    .action(async (hook: HookName, args: readonly string[], options: InstallOptions) => {
      const { installHook } = await import("../hook/install-hook.js");
      const { repository, force = false } = options;
      const file = await installHook({ hook, repository, args, force }, io);
      io.stdout(options.json === true ? `${JSON.stringify({ file })}\n` : `${file}\n`);
      finish(ExitCode.Ok);
    });
  addHelp(
    command,
    [
      { command: "gloo hook install pre-commit", what: "In the repository of this folder" },
      {
        command:
          "gloo hook install pre-receive --repository /srv/git/gateway.git -- --path env/prod --ref main",
        what: "On a server, for one folder of one branch",
      },
    ],
    { 0: "the hook is there; its path is printed", 2: "it could not be written" },
  );
}
