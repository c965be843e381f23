import { readFileSync } from "node:fs";

/** Lua scripts as they are served: one after the other, without comments and indentation. */
export function readLuaScripts(...files: readonly URL[]): string {
  return files
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"))
    .join("\n");
}
