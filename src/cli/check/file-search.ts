import { join } from "node:path";
import type { Io } from "../io.js";
import { below, type ChangeOptions } from "./changed-files.js";
import { listPaths } from "./list-paths.js";

/**
 * Finds config files by words in them, without reading them: `git grep` looks at the files that Git knows, as
 * they are on disk. Those that it does not know are changes, and read anyway. Paths are from the folder.
 * Undefined: very many.
 */
export interface FileSearch {
  /** Those with one of the words; names and domains are compared without regard to case. */
  mentions(words: readonly string[]): Promise<readonly string[] | undefined>;
  /** Those with one of the words that lie where upstreams may be declared. */
  mayDeclare(words: readonly string[]): Promise<readonly string[] | undefined>;
  /** Those that may declare a virtual service for all domains. */
  openHosts(): Promise<readonly string[] | undefined>;
  /** Roles, attributes, and the files that objects refer to: few, and of use to all. */
  shared(): Promise<readonly string[] | undefined>;
}

const config = ["*.yaml", "*.yml", "*.json"];
const elsewhere = ["virtualservices", "roles", "attributes", "files", "secrets", "tests"];

export function createFileSearch({ folder, basePath }: ChangeOptions, io: Io): FileSearch {
  const cwd = join(folder, basePath);

  async function list(args: readonly string[]): Promise<readonly string[] | undefined> {
    return (await listPaths(cwd, args, io))?.map((path) => below(basePath, path));
  }

  const grep = (options: readonly string[], patterns: readonly string[], where = config) => {
    if (patterns.length === 0) return Promise.resolve([]);
    const all = ["grep", "--files-with-matches", "-z", ...options];
    return list([...all, ...patterns.flatMap((pattern) => ["-e", pattern]), "--", ...where]);
  };
  const words = ["--fixed-strings", "--word-regexp", "--ignore-case"];

  return {
    mentions: (names) => grep(words, names),
    mayDeclare: (names) =>
      grep(words, names, [...config, ...elsewhere.map((name) => `:(exclude,glob)**/${name}/**`)]),
    async openHosts() {
      const [routed, named, starred] = await Promise.all([
        grep(["--word-regexp"], ["routes"]),
        grep(["--word-regexp"], ["domains"]),
        grep(["--fixed-strings"], ['"*"', "'*'"]),
      ]);
      if (routed === undefined || named === undefined || starred === undefined) return undefined;
      const hasDomains = new Set(named);
      return [...routed.filter((path) => !hasDomains.has(path)), ...starred];
    },
    async shared() {
      const folders = ["roles", "attributes", "files"].map((name) => `:(glob)**/${name}/**`);
      const listed = ["ls-files", "-z", "--"];
      const [lying, declared] = await Promise.all([
        list([...listed, ...folders]),
        grep(
          ["--extended-regexp"],
          [`kind["']? *: *["']?(Role|Attribute)`, "bind_?[pP]ort|listener_?[aA]ttribute"],
        ),
      ]);
      return lying && declared && [...lying, ...declared];
    },
  };
}
