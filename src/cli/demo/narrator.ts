import type { Io } from "../io.js";

/** Tells what the demo does, and keeps the time. */
export interface Narrator {
  /** A new chapter. */
  chapter(title: string): void;
  /** What happens in it. */
  say(text: string): void;
  /** What a person would type to do the same. */
  command(text: string): void;
  /** What came of it: the lines that it printed. */
  output(text: string): void;
  /** A promise that was kept. */
  kept(text: string): void;
}

/** Writes to stdout. */
export function createNarrator({ stdout, style }: Io): Narrator {
  let chapters = 0;
  return {
    chapter: (title) => stdout(`\n${style.bold(`${++chapters}. ${title}`)}\n`),
    say: (text) => stdout(`   ${text}\n`),
    command: (text) => stdout(`   ${style.cyan(`$ ${text}`)}\n`),
    output: (text) => stdout(`${text.trimEnd().replaceAll(/^/gm, "     ")}\n`),
    kept: (text) => stdout(`   ${style.green("✔")} ${text}\n`),
  };
}
