import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import { startTestEnvoy } from "../support/envoy-process.js";
import { median, medianOf, timeMs, type Bench, type BenchRow } from "./bench.js";
import { openDeltaClient } from "./delta-client.js";
import { startGlooProcess, type GlooProcess } from "./gloo-process.js";
import { createRemoteTree, type RemoteTree } from "./remote-tree.js";

const rounds = 5;
const nodeId = "ingress~bench";

/** P2 and P3: how long until a client has all of tree T, from nothing and from what is on disk. */
export const startBench: Bench = {
  id: "P2",
  covers: ["P3"],
  async run() {
    const remote = await createRemoteTree({});
    const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
    try {
      return await measure(remote, folder);
    } finally {
      await remote.remove();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(remote: RemoteTree, folder: string): Promise<readonly BenchRow[]> {
  const clones: number[] = [];
  const bareClones: number[] = [];
  const colds: number[] = [];
  const envoyPort = await freePort();
  const homes = Array.from({ length: rounds }, (_, round) => join(folder, String(round)));
  for (const [round, home] of homes.entries()) {
    await mkdir(home);
    const clone = ["clone", "--quiet", "--depth", "1", "--no-local", remote.url];
    for (const copy of ["a", "b"]) {
      clones.push(await timeMs(() => remote.git(...clone, `clone${round}${copy}`)));
    }
    bareClones.push(await timeMs(() => remote.git(...clone, "--bare", `bare${round}`)));
    colds.push(await timeUntilWhole({ repo: remote.url, folder: home, envoyPort }));
  }
  const envoyMs = await timeEnvoy({ repo: remote.url, folder: homes[0] ?? folder, envoyPort });
  await remote.goOffline();
  const restarts: number[] = [];
  for (const home of homes) {
    restarts.push(await timeUntilWhole({ repo: remote.url, folder: home, envoyPort }));
  }
  const cold = medianOf(colds);
  // The fastest one: how long writing 11,000 files takes is up to the disk, and at times it is busy.
  const cloneMs = Math.min(...clones);
  const ratio = (what: string, values: readonly number[], to: number): BenchRow => ({
    id: what.startsWith("cold") ? "P2" : "P3",
    what,
    unit: "x",
    ...medianOf(values.map((ms) => ms / to)),
  });
  return [
    {
      ...ratio("cold start on T until a client has the whole snapshot", colds, cloneMs),
      budget: 8,
      against:
        `${ms(cold.value)}; git clone --depth 1: ${ms(cloneMs)} ` +
        `(bare: ${ms(Math.min(...bareClones))})`,
    },
    {
      id: "P2",
      what: "a real Envoy, started beside a server that has T, until it takes traffic",
      value: envoyMs / 1000,
      unit: "s",
    },
    {
      ...ratio("restart on T, the remote dead, until the client has it", restarts, cold.value),
      budget: 0.25,
      against: `${ms(median(restarts))}; P2: ${ms(cold.value)}`,
    },
  ];
}

interface Start {
  readonly repo: string;
  readonly folder: string;
  readonly envoyPort: number;
}

/** From starting the process, which is part of it, to a client that has everything. */
async function timeUntilWhole(start: Start): Promise<number> {
  let gloo: GlooProcess | undefined;
  try {
    return await timeMs(async () => {
      gloo = await startGlooProcess(start);
      const client = openDeltaClient(gloo.adsPort, nodeId);
      await client.whole;
      client.close();
      const clusters = client.count(typeUrls.cluster);
      if (clusters !== 10_000) throw new Error(`the client has ${clusters} clusters`);
    });
  } finally {
    await gloo?.close();
  }
}

/** What Envoy itself takes for so much, whoever serves it. */
async function timeEnvoy(start: Start): Promise<number> {
  const gloo = await startGlooProcess(start);
  try {
    await gloo.waitUntilReady();
    const xds = { host: "127.0.0.1", port: gloo.adsPort };
    const bootstrap = envoyBootstrap({
      ...{ role: "ingress", name: "bench", variant: "delta", adminPort: 0 },
      xds,
    });
    const begin = performance.now();
    const envoy = await startTestEnvoy(bootstrap);
    const took = performance.now() - begin;
    await envoy.close();
    return took;
  } finally {
    await gloo.close();
  }
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
