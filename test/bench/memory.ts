import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { median, type Bench, type BenchRow } from "./bench.js";
import { startGlooProcess, type GlooProcess } from "./gloo-process.js";
import { createRemoteTree, type RemoteTree } from "./remote-tree.js";

const streams = 100;
const commits = 1_000;
/** Commits of one push: the control plane judges each of them. */
const batch = 20;
/** Before the first look: until every cache is full. Verdicts on 500 trees are remembered. */
const warmUp = 600;
/** What is resident goes up and down with the collector: the median after so many pushes is compared. */
const looks = 10;

/** P6: resident memory of `gloo serve` with T and 100 streams, and after 1,000 more commits. */
export const memoryBench: Bench = { id: "P6", run: () => withFleet(measure) };

/** `gloo serve` with tree T, and a fleet that has all of it. */
export interface ServedFleet {
  readonly remote: RemoteTree;
  readonly gloo: GlooProcess;
  /** Where `gloo serve` keeps its state. */
  readonly folder: string;
}

/** Starts everything, does `work` with it when each stream has the whole snapshot, and ends it. */
export async function withFleet<T>(work: (served: ServedFleet) => Promise<T>): Promise<T> {
  const remote = await createRemoteTree({});
  const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
  const gloo = await startGlooProcess({ repo: remote.url, folder, envoyPort: await freePort() });
  const program = fileURLToPath(new URL("stream-fleet.ts", import.meta.url));
  const args = [...process.execArgv, program, String(gloo.adsPort), String(streams)];
  const fleet = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const fleetEnded = once(fleet, "exit");
  try {
    // It says one thing only: that all streams have everything.
    await Promise.race([once(fleet.stdout, "data"), fleetEnded]);
    if (fleet.exitCode !== null) throw new Error("the streams ended");
    return await work({ remote, gloo, folder });
  } finally {
    fleet.stdin.end();
    await fleetEnded;
    await gloo.close();
    await remote.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(served: ServedFleet): Promise<readonly BenchRow[]> {
  const { gloo } = served;
  const serving = await settledMb(gloo);
  const before = median((await commitMany(served, 0, warmUp)).slice(-looks));
  const after = median((await commitMany(served, warmUp, commits)).slice(-looks));
  const { peakMb } = await gloo.memory();
  const row = { id: "P6" } as const;
  return [
    {
      ...row,
      what: `resident memory, serving T to ${streams} streams`,
      value: serving,
      unit: "MB",
      budget: 400,
      against: `at most, in all of the run: ${peakMb.toFixed(0)} MB`,
    },
    {
      ...row,
      what: `growth of resident memory over ${commits} commits`,
      value: (after / before - 1) * 100,
      unit: "%",
      budget: 5,
      against: `${before.toFixed(0)} MB after ${warmUp} commits, ${after.toFixed(0)} MB after ${commits} more`,
    },
  ];
}

/**
 * Commits of one line each, pushed in batches; waits until the last is live before the next batch. Gives
 * the resident memory after each batch, in MB.
 */
export async function commitMany(
  { remote, gloo }: ServedFleet,
  from: number,
  count: number,
): Promise<readonly number[]> {
  const residentMb: number[] = [];
  for (let done = 0; done < count; done += batch) {
    const changes = Array.from({ length: batch }, (_, index) => {
      const number = from + done + index;
      return { index: number % 1_000, marker: `/c${number}/` };
    });
    const last = await remote.commit(changes);
    await gloo.sendHook(last);
    await gloo.commit(last, ["live"]);
    residentMb.push((await gloo.memory()).nowMb);
  }
  return residentMb;
}

/**
 * Resident memory when nothing happens: the median of some looks, since the collector works when it
 * likes to.
 */
export async function settledMb(gloo: GlooProcess): Promise<number> {
  const residentMb: number[] = [];
  for (let look = 0; look < 10; look++) {
    await delay(300);
    residentMb.push((await gloo.memory()).nowMb);
  }
  return median(residentMb);
}
