import { readFileSync } from "node:fs";
import type { JsonObject } from "../lib/json.js";

// `schemas/` lies two folders above this file, both in `src/` and in `dist/`.
const folder = new URL("../../schemas/", import.meta.url);
const read = new Map<string, JsonObject>();

/**
 * A JSON Schema of the package by its name: `readSchema("upstream")` is
 * `schemas/upstream.schema.json`, `readSchema("plugins/route-cors")` that of a plugin. Each file is
 * read once; callers share the object and do not change it.
 */
export function readSchema(name: string): JsonObject {
  let schema = read.get(name);
  if (schema === undefined) {
    // The package's own files are JSON objects; a test compiles every one of them.
    schema = JSON.parse(readFileSync(new URL(`${name}.schema.json`, folder), "utf8")) as JsonObject;
    read.set(name, schema);
  }
  return schema;
}
