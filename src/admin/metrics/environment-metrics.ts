import { AggregatorRegistry, Registry } from "prom-client";
import type { WatchedEnvironments } from "../watched.js";
import { addEnvoyGauges } from "./gauges.js";
import { measureConfig, measureProcess, type Metrics } from "./metrics.js";

/**
 * Counts and measures as `createMetrics` does, for several environments: what is of one of them has the
 * label `environment`, which is empty for Envoys that belong to none. Names are the same.
 */
export function createEnvironmentMetrics(watched: WatchedEnvironments): Metrics {
  const registry = new Registry();
  const ofProcess = measureProcess(registry, watched.version);
  const labelled = (environment: string): Registry => {
    const own = new Registry();
    own.setDefaultLabels({ environment });
    return own;
  };
  const environments = [...watched.environments].map(([name, { reconciler, ads, reports }]) => {
    const own = labelled(name);
    const sources = { reconciler, ads, ...(reports === undefined ? {} : { reports }) };
    return { registry: own, ...measureConfig(own, sources) };
  });
  const strangers = labelled("");
  addEnvoyGauges(strangers, { ads: watched.strangers });
  return {
    async text() {
      for (const { refresh } of environments) refresh();
      const parts = [...environments.map((each) => each.registry), strangers];
      const values = await Promise.all(parts.map((part) => part.getMetricsAsJSON()));
      // No two have the same labels, so nothing is added up: it is one list of each name.
      const joint = AggregatorRegistry.aggregate(values);
      return `${await registry.metrics()}\n${await joint.metrics()}`;
    },
    contentType: registry.contentType,
    countHook: ofProcess.countHook,
    close() {
      for (const each of environments) each.close();
      for (const each of environments) each.registry.clear();
      strangers.clear();
      registry.clear();
    },
  };
}
