import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

/** A place in a module, as stacks have it. */
const place = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g;

/** A bug that comes again has the same stack, and reading maps takes a while. */
const known = new Map<string, string>();
const maxKnown = 100;

/**
 * A stack with places in source files instead of places in the bundle. Maps are read when this is asked
 * for: a process that has nothing to say about bugs does not pay for them.
 */
export function sourceStack(stack: string): string {
  let mapped = known.get(stack);
  if (mapped === undefined) {
    const maps = new Map<string, SourceMap | undefined>();
    mapped = stack.replaceAll(place, (whole, file: string, line: string, column: string) => {
      if (!maps.has(file)) maps.set(file, readMap(file));
      return sourcePlace(maps.get(file), file, Number(line), Number(column)) ?? whole;
    });
    if (known.size >= maxKnown) known.clear();
    known.set(stack, mapped);
  }
  return mapped;
}

function sourcePlace(
  map: SourceMap | undefined,
  file: string,
  line: number,
  column: number,
): string | undefined {
  // Stacks count from 1, maps from 0.
  const entry = map?.findEntry(line - 1, column - 1);
  if (entry === undefined || !("originalSource" in entry)) return undefined;
  const source = new URL(entry.originalSource, file).href;
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function readMap(file: string): SourceMap | undefined {
  try {
    // The build has written it, or it is not there.
    const payload = JSON.parse(readFileSync(fileURLToPath(`${file}.map`), "utf8")) as unknown;
    return new SourceMap(payload as SourceMapPayload);
  } catch {
    // Without a map, and what reads one has something more important to say, the stack stays as it is.
    return undefined;
  }
}
