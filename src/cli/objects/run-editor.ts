import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, type Io } from "../io.js";

/** A text that a person edits in a file of its own. */
export interface EditedText {
  /** Opens the editor on a text, and gives what it left. Throws `CommandError` if it failed. */
  edit(text: string): Promise<string>;
  /** Where it is. */
  readonly file: string;
  /** Deletes the file. */
  remove(): Promise<void>;
}

/** The editor that a person wants: what Git and others look at first, then the original's variable. */
export function editorOf(env: NodeJS.ProcessEnv): string {
  return env["VISUAL"] || env["EDITOR"] || env["GLOO_EDITOR"] || "vi";
}

/** Makes a file for an editor; nobody else can read it. */
export async function createEditedText(name: string, io: Io): Promise<EditedText> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-edit-"));
  const file = join(folder, name);
  return {
    file,
    async edit(text) {
      await writeFile(file, text, { mode: 0o600 });
      await runEditor(file, io);
      return readFile(file, "utf8");
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function runEditor(file: string, io: Io): Promise<void> {
  const editor = editorOf(io.env);
  // As Git does: the variable may hold arguments, and the shell splits them.
  const [program, args] =
    process.platform === "win32"
      ? ["cmd", ["/c", `${editor} "${file}"`]]
      : ["sh", ["-c", `${editor} "$@"`, editor, file]];
  const child = spawn(program, args, {
    cwd: io.cwd,
    env: io.env,
    signal: io.signal,
    stdio: "inherit",
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code === 0) return;
  throw new CommandError(
    `the editor "${editor}" failed; set EDITOR to another, and nothing was written`,
  );
}
