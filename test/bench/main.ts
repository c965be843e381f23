// `npm run bench [-- P9 …]`: measures the budgets of the design, prints one table, writes JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import Table from "cli-table3";
import type { Bench, BenchRow } from "./bench.js";
import { edsWarmingBench } from "./eds-warming.js";

const benches: readonly Bench[] = [edsWarmingBench];

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
  if (asked.length === 0 || asked.includes(bench.id)) rows.push(...(await bench.run()));
}
const table = new Table({
  head: ["", "what", "measured", "budget", "met"],
  style: { head: [], border: [] },
});
for (const { id, what, value, unit, budget } of rows) {
  table.push([
    id,
    what,
    `${value.toFixed(3)} ${unit}`,
    `${budget} ${unit}`,
    value <= budget ? "yes" : "NO",
  ]);
}
console.log(table.toString());
const folder = new URL("out/", import.meta.url);
mkdirSync(folder, { recursive: true });
const machine = { cores: cpus().length, node: process.version };
writeFileSync(new URL("bench.json", folder), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
