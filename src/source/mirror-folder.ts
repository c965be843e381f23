import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { packFolderOf, removeMirror } from "./mirror.js";
import { incomingPrefix } from "./receive-pack.js";

/** The folders of a mirror on disk: the one in use, those being made, and damaged ones set aside. */
export interface MirrorFolder {
  /** The mirror in use. */
  readonly current: string;
  /** Brings what a crash left into order. Says whether there is a mirror. */
  recover(): Promise<boolean>;
  /** The path of a new mirror that is being made. */
  staging(): string;
  /** Puts a new mirror in the place of the one in use. */
  swap(staging: string): Promise<void>;
  /** Keeps a damaged mirror for a person to look at; only the last two are kept. */
  setAside(): Promise<void>;
}

const name = "mirror";
const stagingPrefix = `${name}.new-`;
const replacedPrefix = `${name}.old-`;
const corruptPrefix = `${name}.corrupt-`;
const corruptKept = 2;
/** How Git names a pack, and its index, before they are whole. */
const gitsPrefix = "tmp_";

/** The mirror's folders below `dataDir`. */
export function createMirrorFolder(dataDir: string): MirrorFolder {
  const root = resolve(dataDir);
  const current = join(root, name);
  const unique = (prefix: string): string => join(root, prefix + randomBytes(4).toString("hex"));
  const named = async (prefix: string): Promise<string[]> =>
    (await readdir(root).catch(() => [])).filter((entry) => entry.startsWith(prefix));

  return {
    current,
    async recover() {
      await mkdir(root, { recursive: true });
      let exists = (await readdir(root)).includes(name);
      for (const old of await named(replacedPrefix)) {
        // Killed between the two renames of a swap: the old mirror is as good as it was.
        if (!exists) await rename(join(root, old), current);
        else await removeMirror(join(root, old));
        exists = true;
      }
      for (const half of await named(stagingPrefix)) await removeMirror(join(root, half));
      if (exists) {
        await removeIncoming(packFolderOf({ gitdir: current }));
        // Of a `git fetch` that was killed: nobody else works on this folder.
        await rm(join(current, "shallow.lock"), { force: true });
      }
      return exists;
    },
    staging: () => unique(stagingPrefix),
    async swap(staging) {
      const old = unique(replacedPrefix);
      const replaced = await renameIfThere(current, old);
      await rename(staging, current);
      if (replaced) await removeMirror(old);
    },
    async setAside() {
      const numbers = (await named(corruptPrefix)).map(numberOf).sort((a, b) => a - b);
      const next = (numbers.at(-1) ?? 0) + 1;
      await renameIfThere(current, join(root, corruptPrefix + next));
      for (const old of numbers.slice(0, Math.max(0, numbers.length + 1 - corruptKept))) {
        await removeMirror(join(root, corruptPrefix + old));
      }
    },
  };
}

/** Packs that were on their way when the process died. */
async function removeIncoming(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const indexed = new Set(names.filter((entry) => entry.endsWith(".idx")));
  for (const entry of names) {
    const half = entry.endsWith(".pack") && !indexed.has(entry.replace(/\.pack$/, ".idx"));
    const isOnItsWay = entry.startsWith(incomingPrefix) || entry.startsWith(gitsPrefix);
    if (half || isOnItsWay) await rm(join(folder, entry), { force: true });
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}

function numberOf(folder: string): number {
  return Number(/\d+$/.exec(folder)?.[0] ?? 0);
}
