/** The word as a POSIX shell takes it, whatever is in it. */
export function quoteForShell(word: string): string {
  return /^[\w./@:=+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
