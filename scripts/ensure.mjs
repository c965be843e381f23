// Installs and builds what is missing, so that `npm run demo` and `npm test` work on a fresh clone.
// Uses nothing but Node itself. `--no-build`: packages only. `--envoy`: the Envoy binary as well.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceStamp } from "./source-stamp.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const options = new Set(process.argv.slice(2));
/** Runs a command to its end; if it fails, it has said why, and so ends this. */
function run(command, ...args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status === 0) return;
  console.error(`"${[command, ...args].join(" ")}" failed${error ? `: ${error.message}` : ""}`);
  process.exit(status ?? 1);
}
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

// npm writes the second one when everything is in place.
const modifiedMs = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (modifiedMs("node_modules/.package-lock.json") < modifiedMs("package-lock.json")) {
  console.error("installing packages (npm ci) …");
  run(npm, "ci", "--no-audit", "--no-fund", "--loglevel=error");
}

if (!options.has("--no-build")) {
  const stampFile = join(root, "dist", ".stamp");
  if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== sourceStamp(root)) {
    console.error("building (npm run build) …");
    run(npm, "run", "--silent", "build");
  }
}

if (options.has("--envoy")) {
  const { ensureEnvoy } = await import(join(root, "dist", "envoy-binary", "ensure-envoy.js"));
  try {
    await ensureEnvoy({ env: process.env, report: (line) => console.error(line) });
  } catch (error) {
    // Its errors are one line with what to do about it; anything else is a bug.
    console.error(error.name === "EnvoyBinaryError" ? error.message : error);
    process.exit(1);
  }
}
