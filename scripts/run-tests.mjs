// Runs the tests with node's own runner. Node 20's --test expands no globs, so files are listed here.
// `node scripts/run-tests.mjs [folder-or-file …]`; default: all of test/.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const listed = process.argv.slice(2);
const files = (listed.length > 0 ? listed : ["test"]).flatMap((path) => {
  const full = join(root, path);
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((name) => name.endsWith(".test.ts"))
    .sort();
});
if (files.length === 0) {
  console.error(`no test files below ${listed.join(", ")}`);
  process.exit(1);
}
const result = spawnSync(
  process.execPath,
  ["--import", "tsx", "--test", "--test-concurrency=2", ...files],
  { cwd: root, stdio: "inherit" },
);
process.exit(result.status ?? 1);
