import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { folderOf } from "../../client/stored.js";
import { renderObject } from "../../edit/edit-file.js";
import { CommandError, ExitCode, type Io } from "../io.js";
import { isObjectName } from "./object-name.js";
import { readObjectsAt } from "./read-folder.js";
import { Refusal } from "./refusal.js";

/** The options of `gloo import gloo`. */
export interface ImportObjectsOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Brings the objects of the original's storage, or of Kubernetes, into files of a config folder. */
export async function importObjects(
  where: string,
  options: ImportObjectsOptions,
  io: Io,
): Promise<ExitCode> {
  try {
    const given = await readObjectsAt(where, io);
    const texts = new Map<string, string>();
    for (const { kind, name, plain, place } of given) {
      const path = `${folderOf[kind]}/${name}.yaml`;
      if (texts.has(path)) throw new Refusal(`gloo: ${place}: there is ${path} already`);
      if (!isObjectName(name)) {
        throw new Refusal(`gloo: ${place}: ${JSON.stringify(name)} is no name; rename the object`);
      }
      texts.set(path, renderObject(plain));
    }
    if (options.out === undefined) io.stdout([...texts.values()].join("---\n"));
    else await writeAll(resolve(io.cwd, options.out), texts, options, io);
    const files = options.out === undefined ? 0 : await copyFiles(where, options.out, io);
    if (files > 0) io.stderr(`copied files/ of ${where}\n`);
    await reportSecrets(where, io);
    return ExitCode.Ok;
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    io.stderr(cause.text);
    return ExitCode.Invalid;
  }
}

async function writeAll(
  folder: string,
  texts: ReadonlyMap<string, string>,
  { force, json }: ImportObjectsOptions,
  io: Io,
): Promise<void> {
  for (const [path, text] of texts) {
    const known = await readFile(join(folder, path), "utf8").catch(() => undefined);
    if (known !== undefined && known !== text && force !== true) {
      throw new CommandError(`${path} is there, with other content; nothing was written (--force)`);
    }
  }
  for (const [path, text] of texts) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  if (json === true) {
    io.stdout(`${JSON.stringify({ files: [...texts.keys()] }, undefined, 2)}\n`);
  } else for (const path of texts.keys()) io.stdout(`${path}\n`);
}

/** Files that objects refer to, such as descriptor sets. What is there already stays. */
async function copyFiles(where: string, out: string, io: Io): Promise<number> {
  const from = resolve(io.cwd, where, "files");
  const names = await readdir(from).catch(() => []);
  const to = resolve(io.cwd, out, "files");
  for (const name of names) {
    await cp(join(from, name), join(to, name), { recursive: true, force: false });
  }
  return names.length;
}

/** Secrets of the original lie in clear text: each is named, and how it comes into the repository. */
async function reportSecrets(where: string, io: Io): Promise<void> {
  const folder = resolve(io.cwd, where, "secrets");
  for (const file of (await readdir(folder).catch(() => [])).sort()) {
    const name = file.replace(/\.ya?ml$/, "");
    const command = `gloo secret create values --name ${name} -f ${join(where, "secrets", file)}`;
    io.stderr(`left out: secret ${name}, in clear text; encrypt it: ${command}\n`);
  }
}
