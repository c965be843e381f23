import type { Command } from "commander";
import type { ExitCode, Io } from "./io.js";

/** What every command is given. */
export interface CommandContext {
  readonly io: Io;
  /** Takes what the process is to end with. */
  readonly finish: (code: ExitCode) => void;
}

/** One example of a command's help. */
export interface Example {
  readonly command: string;
  readonly what: string;
}

/** What is the same in every command's help: examples, and what its exit codes mean. */
export function addHelp(
  command: Command,
  examples: readonly Example[],
  exitCodes: Readonly<Partial<Record<ExitCode, string>>>,
): Command {
  const shown = examples.map((example) => `  # ${example.what}\n  ${example.command}`).join("\n\n");
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return command.addHelpText("after", `\nExamples:\n${shown}\n\nExit codes:\n${codes.join("\n")}`);
}
