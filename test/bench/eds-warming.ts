import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { startEnvoy } from "../../src/cli/demo/envoy-process.js";
import { waitFor } from "../../src/cli/demo/wait-for.js";
import { createAdsServer } from "../../src/serve/ads-server.js";
import { envoyPath } from "../support/envoy-binary.js";
import { configSource, snapshotWith, type Variant } from "../support/one-route.js";
import type { Bench, BenchRow } from "./bench.js";

const gapMs = 500;
const pollMs = 2;
const rounds = 5;

/** P9: from publishing a changed EDS cluster, and a second change after it, to active in Envoy. */
export const edsWarmingBench: Bench = {
  id: "P9",
  async run() {
    return [...(await measure("sotw")), ...(await measure("delta"))];
  },
};

async function measure(variant: Variant): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
  const signal = new AbortController().signal;
  const server = createAdsServer({ port: 0, now: Date.now });
  const { host, port } = await server.listen();
  const options = { role: "ingress", name: "bench", xds: { host, port }, variant, adminPort: 0 };
  const envoy = await startEnvoy(await envoyPath(), envoyBootstrap(options), folder, signal);
  const source = configSource(variant, true);

  const publish = (connectTimeoutS: number): void => {
    server.publish(snapshotWith(source, { backendPort: 9, path: "/", connectTimeoutS }));
  };
  const untilActive = async (connectTimeoutS: number, since: number): Promise<number> => {
    const url = `http://${envoy.adminAddress}/config_dump?resource=dynamic_active_clusters`;
    for (;;) {
      const dump = (await (await fetch(url)).text()).replaceAll(" ", "");
      if (dump.includes(`"connect_timeout":"${connectTimeoutS}s"`))
        return performance.now() - since;
      if (performance.now() - since > 60_000) throw new Error("the cluster never became active");
      await delay(pollMs);
    }
  };

  try {
    publish(1);
    await waitFor("Envoy to be ready", signal, async () => {
      const ready = await fetch(`http://${envoy.adminAddress}/ready`).catch(() => undefined);
      return ready?.ok === true ? true : undefined;
    });
    const first: number[] = [];
    const second: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const start = performance.now();
      publish(2 * round);
      const active = untilActive(2 * round, start);
      await delay(gapMs);
      first.push(await active);
      const again = performance.now();
      publish(2 * round + 1);
      second.push(await untilActive(2 * round + 1, again));
    }
    const row = (what: string, values: readonly number[]): BenchRow => ({
      id: "P9",
      what: `${what} EDS cluster active in Envoy, ${variant}, worst of ${rounds}`,
      value: Math.max(...values) / 1000,
      unit: "s",
      budget: 0.2,
    });
    return [row("changed", first), row("changed again 0.5 s later,", second)];
  } finally {
    await envoy.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
