import { knownPaths, spaced, valueCases } from "./cases.js";
import type { CompletedCommand, CompletedWord } from "./describe-commands.js";

/** A script for zsh, with descriptions. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const words = commands.map(({ path, commands: below, options, values }) => {
    const plain = [...below, ...values.map((word) => ({ word, description: "" }))];
    return `    '${path.join(" ")}') words_=(${described(plain)}); flags=(${described(options)}) ;;`;
  });
  return `#compdef gloo
# zsh completion for gloo: source <(gloo completion zsh), after compinit
_gloo() {
  local path_='' prev=$words[CURRENT-1] next i
  local -a words_ flags
  for ((i = 2; i < CURRENT; i++)); do
    next="\${path_:+$path_ }\${words[i]}"
    case $next in
      ${knownPaths(commands).join(" | ")}) path_=$next ;;
    esac
  done
  case "$path_ $prev" in
${valueCases(commands, (values) => `compadd -- ${spaced(values)}; return`, "_files; return")}
  esac
  case $path_ in
${words.join("\n")}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o option flags
  elif (( $#words_ )); then
    _describe command words_
  else
    _files
  fi
}
compdef _gloo gloo
`;
}

function described(words: readonly CompletedWord[]): string {
  return words
    .map(({ word, description }) => (description === "" ? `'${word}'` : `'${word}:${description}'`))
    .join(" ");
}
