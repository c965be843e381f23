import { readFileSync } from "node:fs";

/**
 * How much of a core a busy thread gets at the moment, in percent. Far below 100, other work on the
 * machine takes the rest, and every time that is measured is longer for it. Undefined: not Linux.
 */
export function coreSharePercent(spinMs = 300): number | undefined {
  const before = threadCpuMs();
  const start = performance.now();
  while (performance.now() - start < spinMs);
  const after = threadCpuMs();
  if (before === undefined || after === undefined) return undefined;
  return ((after - before) / (performance.now() - start)) * 100;
}

/** CPU time that the main thread has had so far, in milliseconds. Undefined: not Linux. */
export function threadCpuMs(): number | undefined {
  const [nanoseconds] = read("/proc/self/schedstat")?.split(" ") ?? [];
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e6;
}

/** Ticks of the clock that `/proc` counts in, a second. */
const ticksPerS = 100;

/** CPU time of all processes that this one has started and that have ended, in seconds. */
export function childrenCpuS(): number | undefined {
  // The second field, a name, may hold anything; it ends at the last parenthesis.
  const fields = read("/proc/self/stat")
    ?.replace(/^.*\) /s, "")
    .split(" ");
  return fields && (Number(fields[13]) + Number(fields[14])) / ticksPerS;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Elsewhere than on Linux there is no such file, and the figure is left out.
    return undefined;
  }
}
