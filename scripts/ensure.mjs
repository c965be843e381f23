// Installs and builds what is missing, so that `npm run demo` and `npm test` work on a fresh clone.
// Uses nothing but Node itself. `--no-build`: packages only. `--envoy`: the Envoy binary as well.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceStamp } from "./source-stamp.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const options = new Set(process.argv.slice(2));
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const lockStamp = join(root, "node_modules", ".gloo-lock");
if (!existsSync(lockStamp) || readFileSync(lockStamp, "utf8") !== lock) {
  console.error("installing packages (npm ci) …");
  run(npm, "ci", "--no-audit", "--no-fund", "--loglevel=error");
  writeFileSync(lockStamp, lock);
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
  await ensureEnvoy({ env: process.env, report: (line) => console.error(line) });
}
