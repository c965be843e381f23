import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { CommandError, ExitCode, type Io } from "../io.js";
import { addHookOptions, type HookOptions } from "./hook-options.js";

interface Options extends HookOptions {
  readonly ref?: readonly string[];
  readonly allowDelete?: boolean;
}

/** `gloo hook pre-receive`: lets a Git server refuse a push whose config has errors. */
export function addPreReceiveCommand(parent: Command, { io, finish }: CommandContext): void {
  const command = addHookOptions(
    parent
      .command("pre-receive")
      .summary("refuse a push whose config has errors")
      .description(
        "Run by Git on the server before a push is accepted. Checks the newest commit of each branch that " +
          "Envoys are served from, and refuses the whole push if one has errors, or if it cannot be checked. " +
          "Other branches come in unchecked.",
      )
      .option(
        "--ref <name...>",
        "branches that are served (default: the repository's default branch)",
      ),
  )
    .option("--allow-delete", "let a branch that is served be deleted")
    .option("--json", "print the verdicts as JSON")
    .action(async (options: Options) => {
      finish(await run(options, io));
    });
  addHelp(
    command,
    [
      {
        command: "gloo hook install pre-receive --repository /srv/git/gateway.git",
        what: "Have Git run it for every push to a repository",
      },
      {
        command: 'exec gloo hook pre-receive --path env/prod --ref main --ref "release"',
        what: "In a hook of your own: hooks/pre-receive",
      },
    ],
    {
      0: "the push may come in",
      1: "it is refused: the config has errors",
      2: "it is refused: the config could not be checked",
    },
  );
}

async function run(options: Options, io: Io): Promise<ExitCode> {
  const { gitContextOf } = await import("../hook/git-context.js");
  const { readPushedRefs } = await import("../hook/pushed-refs.js");
  const { checkPush } = await import("../hook/check-push.js");
  const { formatVerdicts, verdictsJson } = await import("../hook/format-verdicts.js");
  const pushed = readPushedRefs((await io.stdin()).toString("utf8"));
  const refs = options.ref?.map(fullName) ?? [await defaultBranch(io)];
  const verdicts = await checkPush(pushed, gitContextOf(io), { ...options, refs }, io);
  io.stdout(options.json === true ? verdictsJson(verdicts) : formatVerdicts(verdicts, io.style));
  const isAccepted = verdicts.every(({ accepted }) => accepted);
  if (!isAccepted) {
    io.stderr("gloo: nothing was taken in; `gloo check` says the same before you push\n");
  }
  return isAccepted ? ExitCode.Ok : ExitCode.Invalid;
}

function fullName(name: string): string {
  return name.startsWith("refs/") ? name : `refs/heads/${name}`;
}

async function defaultBranch(io: Io): Promise<string> {
  const { gitFailure, tryGit } = await import("../ask-git.js");
  const answer = await tryGit(["symbolic-ref", "--quiet", "HEAD"], io);
  if (answer.ok) return answer.stdout.trim();
  if (answer.stderr !== "") throw gitFailure("symbolic-ref", io.cwd, answer);
  throw new CommandError("the repository has no default branch; say which are served with --ref");
}
