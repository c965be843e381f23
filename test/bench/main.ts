// `npm run bench [-- P9 …]`: measures the budgets of the design, prints one table, writes JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Bench, BenchRow } from "./bench.js";
import { checkBench } from "./check.js";
import { edsWarmingBench } from "./eds-warming.js";
import { fanOutBench } from "./fan-out.js";
import { functionsBench } from "./functions.js";
import { coreSharePercent } from "./machine.js";
import { memoryBench } from "./memory.js";
import { oneChangeBench } from "./one-change.js";
import { formatTable } from "./print-table.js";
import { pushBench } from "./push.js";
import { startBench } from "./start.js";
import { translateBench } from "./translate.js";

/** In the order of running: what wants a process without a past goes first. */
const benches: readonly Bench[] = [
  translateBench,
  checkBench,
  pushBench,
  startBench,
  oneChangeBench,
  fanOutBench,
  memoryBench,
  edsWarmingBench,
  functionsBench,
];

const asked = process.argv.slice(2);
const idsOf = ({ id, covers = [] }: Bench): readonly string[] => [id, ...covers];
const ids = benches.flatMap(idsOf);
const unknown = asked.filter((id) => !ids.includes(id));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${ids.join(", ")}`);
  process.exit(2);
}

const rows: BenchRow[] = [];
const shares: number[] = [];
const noteShare = (): void => {
  const share = coreSharePercent();
  if (share !== undefined) shares.push(Math.round(share));
};
noteShare();
for (const bench of benches) {
  if (asked.length > 0 && !idsOf(bench).some((id) => asked.includes(id))) continue;
  const start = performance.now();
  try {
    rows.push(...(await bench.run()));
    console.error(`${bench.id}: measured in ${Math.round((performance.now() - start) / 1000)} s`);
  } catch (cause) {
    console.error(`${bench.id}: could not be measured:`, cause);
    process.exitCode = 1;
  }
  noteShare();
}
const numberOf = ({ id }: BenchRow): number => Number.parseInt(id.slice(1), 10);
rows.sort((a, b) => numberOf(a) - numberOf(b));
console.log(formatTable(rows));
if (shares.length > 0) {
  console.log(
    `Of a core, a busy thread got ${shares.join(", ")} % before and after each of these.`,
  );
}
const folder = new URL("out/", import.meta.url);
mkdirSync(folder, { recursive: true });
const machine = { cores: cpus().length, node: process.version, coreSharePercents: shares };
writeFileSync(new URL("bench.json", folder), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
