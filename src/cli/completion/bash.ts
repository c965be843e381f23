import type { CompletedCommand } from "./describe-commands.js";
import { knownPaths, spaced, valueCases } from "./cases.js";

/** A script for bash. Nothing is run when a person presses Tab: all that there is stands in it. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const words = commands.map(({ path, commands: below, options, values }) => {
    const plain = spaced([...below.map(({ word }) => word), ...values]);
    const flags = spaced(options.map(({ word }) => word));
    return `    '${path.join(" ")}') words='${plain}'; flags='${flags}' ;;`;
  });
  return `# bash completion for gloo: source <(gloo completion bash)
_gloo() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local path='' words='' flags='' next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case $next in
      ${knownPaths(commands).join(" | ")}) path=$next ;;
    esac
  done
  COMPREPLY=()
  case "$path $prev" in
${valueCases(commands, (values) => `COMPREPLY=($(compgen -W '${spaced(values)}' -- "$cur")); return`, "return")}
  esac
  case $path in
${words.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -o default -F _gloo gloo
`;
}
