import type { Command } from "commander";
import { hasErrors } from "../../diagnostics/diagnostic.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode, type Io } from "../io.js";
import { addHookOptions, type HookOptions } from "./hook-options.js";

/** `gloo hook pre-commit`: checks what the next commit would hold. */
export function addPreCommitCommand(parent: Command, { io, finish }: CommandContext): void {
  const command = addHookOptions(parent.command("pre-commit"))
    .summary("check what is staged, before it is a commit")
    .description(
      "Run by Git before it makes a commit. Checks what the commit would hold: the staged version of each " +
        "file, whatever else is on disk.",
    )
    .option("--json", "print what was found as JSON")
    .action(async (options: HookOptions) => {
      finish(await run(options, io));
    });
  addHelp(
    command,
    [
      { command: "gloo hook install pre-commit", what: "Have Git run it in this work tree" },
      { command: "gloo hook pre-commit", what: "Check what is staged now" },
      { command: "git commit --no-verify", what: "Commit without asking any hook" },
    ],
    { 0: "it may be committed", 1: "it has errors", 2: "it could not be checked" },
  );
}

async function run(options: HookOptions, io: Io): Promise<ExitCode> {
  const { readStagedTree } = await import("../hook/staged-tree.js");
  const { buildTree } = await import("../check/build-config.js");
  const { formatCheckJson, formatCheckText } = await import("../check/check-report.js");
  const built = await buildTree(readStagedTree(options.path, io), options, io);
  const ok = !hasErrors(built.diagnostics);
  const report = { ...built, ok, envoy: "not-asked" } as const;
  io.stdout(options.json === true ? formatCheckJson(report) : formatCheckText(report, io.style));
  return ok ? ExitCode.Ok : ExitCode.Invalid;
}
