import { setTimeout as delay } from "node:timers/promises";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { createAdsServer } from "../../src/serve/ads-server.js";
import { poll, startTestEnvoy } from "../support/envoy-process.js";
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
  const server = createAdsServer({ port: 0, now: Date.now });
  const xds = await server.listen();
  const source = configSource(variant, true);
  const publish = (connectTimeoutS: number): void => {
    server.publish(snapshotWith(source, { backendPort: 9, path: "/", connectTimeoutS }));
  };
  publish(1);
  const options = { role: "ingress", name: "bench", xds, variant, adminPort: 0 };
  const envoy = await startTestEnvoy(envoyBootstrap(options));

  /** Publishes a cluster with this timeout; gives the seconds until Envoy uses it. */
  const change = async (connectTimeoutS: number): Promise<number> => {
    const start = performance.now();
    publish(connectTimeoutS);
    await poll(
      "the changed cluster",
      async () => {
        const dump = await envoy.admin("/config_dump?resource=dynamic_active_clusters");
        return dump.includes(`"connect_timeout": "${connectTimeoutS}s"`) || undefined;
      },
      pollMs,
    );
    return (performance.now() - start) / 1000;
  };

  try {
    const first: number[] = [];
    const second: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const [took] = await Promise.all([change(2 * round), delay(gapMs)]);
      first.push(took);
      second.push(await change(2 * round + 1));
    }
    const row = (what: string, values: readonly number[]): BenchRow => ({
      id: "P9",
      what: `${what} EDS cluster active in Envoy, ${variant}, worst of ${rounds}`,
      value: Math.max(...values),
      range: [Math.min(...values), Math.max(...values)],
      unit: "s",
      budget: 0.2,
    });
    return [row("changed", first), row("changed again 0.5 s later,", second)];
  } finally {
    await envoy.close();
    await server.close();
  }
}
