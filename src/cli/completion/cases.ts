import type { CompletedCommand } from "./describe-commands.js";

/** Words of a list in a script. They are names of commands, options and choices: none needs a quote. */
export function spaced(words: readonly string[]): string {
  return words.join(" ");
}

/** The paths of all commands but the program itself, quoted, as patterns of a `case`. */
export function knownPaths(commands: readonly CompletedCommand[]): readonly string[] {
  return commands.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(" ")}'`);
}

/**
 * The branches of a `case` over path and previous word, for options that take a value: listed ones are
 * handed to `listed`; `free` is what is done for any other, which may be a file.
 */
export function valueCases(
  commands: readonly CompletedCommand[],
  listed: (values: readonly string[]) => string,
  free: string,
): string {
  return commands
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map(({ word, short, values }) => {
          const patterns = [word, ...(short === undefined ? [] : [short])].map(
            (flag) => `'${path.join(" ")} ${flag}'`,
          );
          return `    ${patterns.join(" | ")}) ${values.length > 0 ? listed(values) : free} ;;`;
        }),
    )
    .join("\n");
}
