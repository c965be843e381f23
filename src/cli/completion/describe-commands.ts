import type { Command, Option } from "commander";
import { compareText } from "../../lib/compare.js";

/** A command as a shell needs to know it. */
export interface CompletedCommand {
  /** What leads to it, such as `["hook", "install"]`; the program itself is `[]`. */
  readonly path: readonly string[];
  readonly commands: readonly CompletedWord[];
  readonly options: readonly CompletedOption[];
  /** The values of its first argument, where they can be listed. */
  readonly values: readonly string[];
}

/** A word, and what it means. */
export interface CompletedWord {
  readonly word: string;
  readonly description: string;
}

export interface CompletedOption extends CompletedWord {
  /** Another spelling: `-I`. */
  readonly short: string | undefined;
  /** Whether another word follows. */
  readonly takesValue: boolean;
  /** Its values, where they can be listed; else it may be a file. */
  readonly values: readonly string[];
}

/** The commands of a program, its own included, in the order of their paths. */
export function describeCommands(
  program: Command,
  path: readonly string[] = [],
): readonly CompletedCommand[] {
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  const own: CompletedCommand = {
    path,
    commands: commands
      .map((command) => ({ word: command.name(), description: firstLine(command.summary()) }))
      .sort((a, b) => compareText(a.word, b.word)),
    options: help.visibleOptions(program).flatMap(describeOption),
    values: [...(program.registeredArguments[0]?.argChoices ?? [])],
  };
  return [
    own,
    ...commands.flatMap((command) => describeCommands(command, [...path, command.name()])),
  ];
}

function describeOption(option: Option): readonly CompletedOption[] {
  if (option.long === undefined || option.long === null) return [];
  return [
    {
      word: option.long,
      short: option.short ?? undefined,
      description: firstLine(option.description),
      takesValue: option.required || option.optional,
      values: [...(option.argChoices ?? [])],
    },
  ];
}

/** Descriptions end up within quotes of a shell. */
function firstLine(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/['"`$\\[\]:]/g, "")
    .trim();
}
