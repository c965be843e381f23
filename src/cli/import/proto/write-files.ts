import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CommandError } from "../../io.js";
import { readIfThere } from "../../read-if-there.js";

/**
 * Writes files below a folder: all of them, or none if one that is there has other content and may not
 * be replaced. Throws {@link CommandError}.
 */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  mayReplace: boolean,
): Promise<void> {
  const wanted: (readonly [string, Uint8Array])[] = [];
  for (const [name, bytes] of files) {
    const file = resolve(folder, name);
    const known = await readIfThere(file);
    if (known?.equals(bytes) === true) continue;
    if (known !== undefined && !mayReplace) {
      throw new CommandError(`"${file}" has other content; --force replaces it`);
    }
    wanted.push([file, bytes]);
  }
  for (const [file, bytes] of wanted) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}
