// A hash over everything the build reads. Equal hash, nothing to build.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export function sourceStamp(root) {
  const hash = createHash("sha256").update(process.version.split(".")[0]);
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else hash.update(path.slice(root.length)).update(readFileSync(path));
    }
  };
  visit(join(root, "src"));
  const scripts = ["bundle", "stamp-build"].map((name) => `scripts/${name}.mjs`);
  const settings = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"];
  for (const file of [...scripts, ...settings]) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}
