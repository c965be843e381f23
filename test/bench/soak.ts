// `node --import tsx test/bench/soak.ts [commits]`: memory and disk of `gloo serve` with tree T and 100
// streams over many commits, 5,000 by default. A look after every 500.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { commitMany, settledMb, withFleet } from "./memory.js";

const total = Number(process.argv[2] ?? 5_000);
const step = 500;

await withFleet(async (served) => {
  for (let done = 0; ; done += step) {
    const memory = (await settledMb(served.gloo)).toFixed(0);
    const disk = (await sizeMb(join(served.folder, "state"))).toFixed(1);
    console.log(`${done} commits: ${memory} MB resident, ${disk} MB of state on disk`);
    if (done >= total) break;
    await commitMany(served, done, step);
  }
});

async function sizeMb(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes / 1024 / 1024;
}
