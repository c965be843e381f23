/** Whether a regex for the whole path matches every path, as far as its text tells. */
export function matchesAllPaths(regex: string): boolean {
  return /^\^?(?:\/?\.\*|\/?\(\.\*\)|\.\+|\(\.\+\)|\(\/\.\*\))\$?$/.test(regex);
}

/** Whether a regex for the whole path matches none: paths begin with `/`, and their query is not matched. */
export function matchesNoPath(regex: string): boolean {
  const start = literalStart(regex);
  return start !== "" && !start.startsWith("/");
}

const special = /[\\^$.*+?()[\]{}|]/;

/** The text that everything begins with that the regex matches as a whole: `/pets/` of `/pets/[0-9]+`. */
export function literalStart(regex: string): string {
  // An alternative, or a flag such as (?i), may make anything of what stands before it.
  if (regex.includes("|") || regex.includes("(?")) return "";
  let text = "";
  let at = regex.startsWith("^") ? 1 : 0;
  while (at < regex.length) {
    const isEscaped = regex[at] === "\\";
    const character = regex[isEscaped ? at + 1 : at] ?? "";
    // Of escapes, those of punctuation stand for themselves.
    if (isEscaped ? /[a-z0-9]/i.test(character) : special.test(character)) break;
    const next = at + (isEscaped ? 2 : 1);
    // Counted: it may be there any number of times.
    if (/[*?{+]/.test(regex[next] ?? "")) {
      return regex[next] === "+" ? text + character : text;
    }
    text += character;
    at = next;
  }
  return text;
}
