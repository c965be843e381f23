import { readFileSync } from "node:fs";
import { packAny } from "../envoy/codec.js";
import type { HttpFilter } from "../envoy/generated/messages.js";
import { contentHash } from "../lib/content-hash.js";

/** Lua scripts as they are served: one after the other, without comments and indentation. */
export function readLuaScripts(...files: readonly URL[]): string {
  return files
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"))
    .join("\n");
}

/**
 * A filter that runs a script. Filters with the same script share one Lua state a worker, of about a
 * megabyte; so it must keep nothing of one request for another.
 */
export function luaScriptFilter(name: string, source: string): HttpFilter {
  return {
    name,
    typed_config: packAny("envoy.extensions.filters.http.lua.v3.Lua", {
      default_source_code: { inline_string: source },
      shared_vm_id: `${name}-${contentHash(source)}`,
    }),
  };
}
