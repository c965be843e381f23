import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median, medianOf, type Bench, type BenchRow } from "./bench.js";
import { connectFanOutClients, type Variant } from "./fan-out-client.js";

const streams = 500;
const size = 1_000;
const rounds = 7;
/** Long enough for the answers to a change to be taken, and for the garbage to be collected. */
const settleMs = 400;

/**
 * P5: one cluster and one route of 1,000 each change, for 500 streams. How long until 99 % of the streams
 * have both, and the CPU time it takes the server. The same client measures go-control-plane, if Go is
 * installed to build it.
 */
export const fanOutBench: Bench = {
  id: "P5",
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
    try {
      const peer = await buildGoControlPlane(folder);
      const rows: BenchRow[] = [];
      for (const variant of ["sotw", "delta"] as const) {
        const ours = await measure(variant, startOurs);
        const theirs = peer ? await measure(variant, () => startProgram(peer)) : undefined;
        rows.push(...rowsOf(variant, ours, theirs));
      }
      return rows;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** A value for each round. */
interface FanOut {
  readonly p99Ms: readonly number[];
  readonly cpuMs: readonly number[];
}

async function measure(variant: Variant, start: () => ChildProcess): Promise<FanOut> {
  const server = start();
  try {
    const lines = createInterface(server.stdout!); // a pipe: see startProgram
    const [port] = (await once(lines, "line")) as [string];
    const client = await connectFanOutClients(Number(port), variant, streams, size);
    const p99Ms: number[] = [];
    const cpuMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await delay(settleMs);
      const before = await cpuMsOf(server.pid);
      server.stdin?.write("\n");
      const took = [...(await client.changed())].sort((a, b) => a - b);
      await delay(settleMs);
      p99Ms.push(took[Math.ceil(took.length * 0.99) - 1] ?? NaN);
      cpuMs.push((await cpuMsOf(server.pid)) - before);
    }
    client.close();
    return { p99Ms, cpuMs };
  } finally {
    server.stdin?.end();
    server.kill();
  }
}

function rowsOf(variant: Variant, ours: FanOut, theirs: FanOut | undefined): readonly BenchRow[] {
  const name = variant === "sotw" ? "state of the world" : "delta";
  const row = (what: string, key: keyof FanOut): BenchRow => {
    const base = { id: "P5", what: `${what}, ${streams} streams, ${name}` };
    const { value, range } = medianOf(ours[key]);
    if (theirs === undefined)
      return { ...base, value, range, unit: "ms", against: "no Go here to build go-control-plane" };
    const peer = median(theirs[key]);
    return {
      ...base,
      value: value / peer,
      unit: "x",
      budget: 0.5,
      range: [range[0] / peer, range[1] / peer],
      against: `${value.toFixed(0)} ms; go-control-plane: ${peer.toFixed(0)} ms`,
    };
  };
  return [row("p99", "p99Ms"), row("server CPU a change", "cpuMs")];
}

function startOurs(): ChildProcess {
  const program = fileURLToPath(new URL("fan-out-server.ts", import.meta.url));
  return startProgram(process.execPath, "--import", "tsx", program);
}

function startProgram(program: string, ...args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
}

/** The program, built; undefined if there is no Go. */
async function buildGoControlPlane(folder: string): Promise<string | undefined> {
  const run = promisify(execFile);
  const cwd = fileURLToPath(new URL("go-control-plane/", import.meta.url));
  const hasGo = await run("go", ["version"]).catch(() => undefined);
  if (hasGo === undefined) return undefined;
  const program = join(folder, "go-control-plane");
  await run("go", ["build", "-o", program, "."], { cwd });
  return program;
}

/** CPU time of all threads of a process so far; NaN where there is no /proc. */
async function cpuMsOf(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // After the name in brackets, utime and stime are fields 12 and 13, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
