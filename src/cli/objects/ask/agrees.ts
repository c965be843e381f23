import type { Io } from "../../io.js";

/** Whether the person at the terminal says yes. Where nobody can answer, or with `--yes`, nobody is asked. */
export async function agrees(
  question: string,
  { yes }: { readonly yes?: boolean },
  io: Io,
): Promise<boolean> {
  if (io.ask === undefined || yes === true) return true;
  const answer = await io.ask(`${question} [y/N] `);
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? "")) return true;
  io.stderr("gloo: nothing was changed\n");
  return false;
}
