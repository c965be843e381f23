import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What became of the files of a new repository. */
export interface WrittenFiles {
  readonly written: readonly string[];
  /** They were there before, and are as they were. */
  readonly kept: readonly string[];
}

/** Files that are the product's own, and renewed each time. */
const renewed = /^\.gloo\/schemas\//;

/** Writes files below a folder. What is there already is kept, unless `force` is given. */
export async function writeRepository(
  folder: string,
  files: ReadonlyMap<string, string>,
  force: boolean,
): Promise<WrittenFiles> {
  const written: string[] = [];
  const kept: string[] = [];
  for (const [path, text] of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    const flag = force || renewed.test(path) ? "w" : "wx";
    try {
      await writeFile(file, text, { flag });
      written.push(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
      kept.push(path);
    }
  }
  return { written, kept };
}

/** Whether a folder holds config already, so that it needs nothing to start from. */
export async function hasConfig(folder: string): Promise<boolean> {
  for (const name of ["upstreams", "virtualservices", "roles"]) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined) return true;
  }
  return false;
}
