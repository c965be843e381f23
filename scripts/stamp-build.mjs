// Marks dist/ with the hash of what it was built from, and makes the executable executable.
import { chmodSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceStamp } from "./source-stamp.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
writeFileSync(join(root, "dist", ".stamp"), sourceStamp(root));
chmodSync(join(root, "dist", "cli", "main.js"), 0o755);
