import { readFileSync } from "node:fs";

/** The name of the filter that runs chunks, in every chain of HTTP filters. */
export const filterName = "gloo.rest";

/** The response header by which a route tells the runtime whose response it is; it never leaves. */
export const originHeader = "x-gloo-origin";

/** The files of the runtime, in the order in which their names build on each other. */
const files = [
  "values",
  "utf8",
  "json",
  "escape",
  "expressions",
  "parameters",
  "body",
  "send",
  "filter",
] as const;

/**
 * The script that runs chunks which change requests only, as it is served: the files of `runtime/`
 * without comments and indentation. It is part of every listener, and so never changes.
 */
export const requestScript = joined(files);

/** The script that runs chunks which change responses too, or only these, and its name in the filter. */
export const responseScript = joined([...files, "response"]);
export const responseScriptName = "response";

/** The files that read JSON, for other scripts to begin with. */
export const jsonScripts: readonly URL[] = ["values", "utf8", "json"].map(fileOf);

function joined(names: readonly string[]): string {
  return names
    .map((name) => readFileSync(fileOf(name), "utf8"))
    .flatMap((text) => text.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"))
    .join("\n");
}

function fileOf(name: string): URL {
  return new URL(`runtime/${name}.lua`, import.meta.url);
}
