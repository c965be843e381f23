import { spaced } from "./cases.js";
import type { CompletedCommand } from "./describe-commands.js";

/** A script for fish, with descriptions. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => path.join(" "));
  const lines = commands.flatMap(({ path, commands: below, options, values }) => {
    const here = `complete -c gloo -n '__gloo_at "${path.join(" ")}"'`;
    return [
      ...(below.length + values.length > 0 ? [`${here} -f`] : []),
      ...below.map(({ word, description }) => `${here} -a '${word}' -d '${description}'`),
      ...(values.length > 0 ? [`${here} -a '${spaced(values)}'`] : []),
      ...options.map(({ word, short, description, takesValue, values: choices }) => {
        const name = `-l ${word.slice(2)}${short === undefined ? "" : ` -s ${short.slice(1)}`}`;
        const value = !takesValue ? "" : choices.length > 0 ? ` -x -a '${spaced(choices)}'` : " -r";
        return `${here} ${name}${value} -d '${description}'`;
      }),
    ];
  });
  return `# fish completion for gloo: gloo completion fish | source
function __gloo_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    contains -- "$next" ${paths.map((path) => `'${path}'`).join(" ")}; and set path $next
  end
  test "$path" = "$argv[1]"
end
${lines.join("\n")}
`;
}
