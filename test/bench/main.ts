// `npm run bench [-- P9 …]`: measures the budgets of the design, prints one table, writes JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Bench, BenchRow } from "./bench.js";
import { edsWarmingBench } from "./eds-warming.js";
import { formatTable } from "./print-table.js";
import { translateBench } from "./translate.js";

/** In the order of running: what wants a process without a past goes first. */
const benches: readonly Bench[] = [translateBench, edsWarmingBench];

const asked = process.argv.slice(2);
const unknown = asked.filter((id) => !benches.some((bench) => bench.id === id));
if (unknown.length > 0) {
  console.error(
    `no benchmark ${unknown.join(", ")}; there are: ${benches.map(({ id }) => id).join(", ")}`,
  );
  process.exit(2);
}

const rows: BenchRow[] = [];
for (const bench of benches) {
  if (asked.length > 0 && !asked.includes(bench.id)) continue;
  const start = performance.now();
  try {
    rows.push(...(await bench.run()));
    console.error(`${bench.id}: measured in ${Math.round((performance.now() - start) / 1000)} s`);
  } catch (cause) {
    console.error(`${bench.id}: could not be measured:`, cause);
    process.exitCode = 1;
  }
}
rows.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
console.log(formatTable(rows));
const folder = new URL("out/", import.meta.url);
mkdirSync(folder, { recursive: true });
const machine = { cores: cpus().length, node: process.version };
writeFileSync(new URL("bench.json", folder), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
