import { randomBytes } from "node:crypto";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import type { NewObject } from "./new-object.js";

/** Writes objects to a repository's `objects` folder, each whole or not at all. They have no ref yet. */
export async function writeLooseObjects(
  objectsFolder: string,
  objects: readonly NewObject[],
): Promise<void> {
  for (const { oid, type, content } of objects) {
    const folder = join(objectsFolder, oid.slice(0, 2));
    const path = join(folder, oid.slice(2));
    if (await isThere(path)) continue;
    await mkdir(folder, { recursive: true });
    const aside = join(folder, `tmp_obj_${randomBytes(6).toString("hex")}`);
    const head = Buffer.from(`${type} ${content.length}\0`);
    await writeFile(aside, deflateSync(Buffer.concat([head, content])), {
      flag: "wx",
      mode: 0o444,
      flush: true,
    });
    await rename(aside, path);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
