// Marks dist/ with the hash of what it was built from, makes the executable executable, copies the data
// that lie beside modules, and removes the types of modules that are gone.
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceStamp } from "./source-stamp.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
for (const name of readdirSync(join(root, "dist"), { recursive: true }).map(String)) {
  const source = name.replace(/\.d\.ts$/, ".ts");
  if (source !== name && !existsSync(join(root, "src", source))) rmSync(join(root, "dist", name));
}
for (const name of readdirSync(join(root, "src"), { recursive: true }).map(String)) {
  const isData = !name.endsWith(".ts") && statSync(join(root, "src", name)).isFile();
  if (isData) cpSync(join(root, "src", name), join(root, "dist", name));
}
writeFileSync(join(root, "dist", ".stamp"), sourceStamp(root));
chmodSync(join(root, "dist", "cli", "main.js"), 0o755);
