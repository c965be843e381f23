import { readFileSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { ProtoError } from "../../../protos/proto-error.js";
import { readProtoSet, type ProtoService } from "../../../protos/proto-set.js";
import { CommandError } from "../../io.js";

/** What files describe, and the file of the config repository that describes the same. */
export interface ReadProtos {
  /** Those that the files themselves declare, in order. */
  readonly services: readonly ProtoService[];
  /** What goes into the folder `files`, by the names there. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The one of them that leads to all others. */
  readonly main: string;
}

/** Where the files are, and what they are looked up in. */
export interface ProtoPlaces {
  readonly cwd: string;
  /** As given on the command line. */
  readonly paths: readonly string[];
  /** Folders that imports are relative to; empty: the working folder. */
  readonly roots: readonly string[];
  /** Name of the file that imports all others, should there be several. */
  readonly indexName: string;
}

/** Reads .proto files with all that they import, or one descriptor set. Throws `ProtoError`. */
export function readProtos(places: ProtoPlaces): ReadProtos {
  const { cwd, paths, indexName } = places;
  const [first = "", ...others] = paths;
  const sources = paths.filter((path) => path.endsWith(".proto"));
  if (sources.length === paths.length) return readSources(places);
  if (others.length > 0) throw new CommandError("give .proto files, or one descriptor set");
  const bytes = readIfThere(resolve(cwd, first));
  if (bytes === undefined) throw new CommandError(`there is no file "${first}"`);
  const main = `${indexName}.pb`;
  const { services } = readProtoSet(main, () => bytes);
  return { services, files: new Map([[main, bytes]]), main };
}

function readSources({ cwd, paths, roots, indexName }: ProtoPlaces): ReadProtos {
  const folders = (roots.length === 0 ? ["."] : roots).map((root) => resolve(cwd, root));
  const names = paths.map((path) => nameBelow(folders, resolve(cwd, path), path));
  const files = new Map<string, Uint8Array>();
  const read = (name: string): Uint8Array | undefined => {
    const known = files.get(name);
    if (known !== undefined) return known;
    const bytes = folders.map((root) => readIfThere(resolve(root, name))).find((found) => found);
    if (bytes !== undefined) files.set(name, bytes);
    return bytes;
  };
  for (const [index, name] of names.entries()) {
    if (read(name) === undefined) throw new CommandError(`there is no file "${paths[index]}"`);
  }
  const [only = "", ...others] = names;
  const main = others.length === 0 ? only : `${indexName}.proto`;
  if (others.length > 0) files.set(main, Buffer.from(indexOf(names)));
  const set = readProtoSet(main, read);
  const declared = set.files.filter(({ name }) => names.includes(name));
  const wanted = new Set(declared.flatMap(({ service = [] }) => service.map(({ name }) => name)));
  const services = set.services.filter(({ name }) => wanted.has(name));
  return { services, files, main };
}

function nameBelow(folders: readonly string[], file: string, path: string): string {
  for (const folder of folders) {
    const name = relative(folder, file);
    if (!name.startsWith("..") && !isAbsolute(name)) return name.replaceAll("\\", "/");
  }
  throw new CommandError(`"${path}" lies in none of the folders that imports start from; see -I`);
}

function indexOf(names: readonly string[]): string {
  return `syntax = "proto3";\n\n${names.map((name) => `import "${name}";\n`).join("")}`;
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR") return undefined;
    throw cause;
  }
}

/** A mistake in a file as compilers print it. */
export function formatProtoError({ file, line, message }: ProtoError): string {
  return `${file}${line === undefined ? "" : `:${line}`}: ${message}\n`;
}
