import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { EnvoyBinaryError } from "./envoy-binary-error.js";
import { envoyVersion, isSuitableVersion } from "./pinned.js";
import { runProcess } from "./run-process.js";

/** An Envoy binary on this machine. */
export interface FoundEnvoy {
  readonly path: string;
  readonly source: "ENVOY_BIN" | "PATH" | "cache";
  /** As it says itself: `1.40.0`. */
  readonly version: string;
}

/**
 * Finds an Envoy without fetching one: the environment's ENVOY_BIN, then `envoy` on the PATH if it is
 * of the pinned minor release, then the cache that `ensureEnvoy` fills. Undefined: there is none.
 * Throws {@link EnvoyBinaryError} if ENVOY_BIN names something that does not run.
 */
export async function locateEnvoy(
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<FoundEnvoy | undefined> {
  const named = env["ENVOY_BIN"];
  if (named) {
    return { path: named, source: "ENVOY_BIN", version: await versionOf(named, signal) };
  }
  for (const folder of (env["PATH"] ?? "").split(delimiter).filter((part) => part !== "")) {
    const path = join(folder, "envoy");
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(path, signal).catch(ignoreUnlessAborted(signal));
    if (version !== undefined && isSuitableVersion(version)) {
      return { path, source: "PATH", version };
    }
  }
  const cached = cachedEnvoyPath(env);
  return (await isExecutable(cached))
    ? { path: cached, source: "cache", version: envoyVersion }
    : undefined;
}

/** Where `ensureEnvoy` keeps the pinned Envoy: below XDG_CACHE_HOME, else `~/.cache`. */
export function cachedEnvoyPath(env: NodeJS.ProcessEnv): string {
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(cache, "gloo-gitops", `envoy-${envoyVersion}`, "envoy");
}

/** The version that an Envoy binary reports. Throws {@link EnvoyBinaryError} if it does not run. */
export async function versionOf(path: string, signal?: AbortSignal): Promise<string> {
  try {
    const result = await runProcess(path, ["--version"], signal ? { signal } : {});
    const version = /version: [^/]*\/(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
    if (result.code === 0 && version !== undefined) return version;
    const said = result.stderr.trim().split("\n").at(-1) ?? "";
    throw new EnvoyBinaryError(
      "envoy/not-runnable",
      `"${path}" is not an Envoy that runs here${said && `: ${said}`}; set ENVOY_BIN to an Envoy ${envoyVersion}`,
    );
  } catch (cause) {
    if (signal?.aborted || cause instanceof EnvoyBinaryError) throw cause;
    const reason =
      (cause as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : "cannot be run";
    throw new EnvoyBinaryError(
      "envoy/not-runnable",
      `Envoy "${path}": ${reason}; set ENVOY_BIN to an Envoy ${envoyVersion}`,
      { cause },
    );
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // not there or not ours to run: either way the search goes on
  }
}

/** An `envoy` on the PATH that does not run is passed over, as one of another version is. */
function ignoreUnlessAborted(signal: AbortSignal | undefined): (cause: unknown) => undefined {
  return (cause) => {
    if (signal?.aborted) throw cause;
    return undefined;
  };
}
