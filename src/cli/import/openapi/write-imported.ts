import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CommandError } from "../../io.js";
import { readIfThere } from "../../read-if-there.js";

/**
 * Writes a file of the config repository anew. One that was not made by an import, as its beginning
 * says, is left alone: somebody may have written it by hand. Throws {@link CommandError}.
 */
export async function writeImported(file: string, text: string, mark: string): Promise<void> {
  const known = (await readIfThere(file))?.toString("utf8");
  if (known !== undefined && known !== text && !known.startsWith(`# ${mark}`)) {
    throw new CommandError(
      `"${file}" was not made by an import; remove it, or choose another --name`,
    );
  }
  await mkdir(dirname(file), { recursive: true });
  if (known !== text) await writeFile(file, text);
}
