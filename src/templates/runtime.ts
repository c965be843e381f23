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
 * The script that runs chunks, as it is served: `runtime/*.lua` without comments and indentation. It is
 * part of every listener, so it is the same as long as the process runs.
 */
export const runtimeScript = files
  .map((name) => readFileSync(new URL(`runtime/${name}.lua`, import.meta.url), "utf8"))
  .flatMap((text) => text.split("\n"))
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("--"))
  .join("\n");
