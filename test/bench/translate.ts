import { performance } from "node:perf_hooks";
import type { Config, Located } from "../../src/model/resource.js";
import type { Upstream } from "../../src/model/upstream.js";
import type { VirtualService } from "../../src/model/virtual-service.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { createAssembler } from "../../src/snapshot/assemble.js";
import type { Snapshot } from "../../src/snapshot/snapshot.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { createTranslator, defaultTranslationSettings } from "../../src/translate/translate.js";
import {
  configOf,
  locate,
  prefixRoute,
  staticUpstream,
  virtualService,
} from "../support/config.js";
import { median, medianOf, type Bench, type BenchRow } from "./bench.js";
import { threadCpuMs } from "./machine.js";

const routesPerService = 10;
/** Until the code is compiled. */
const warmUp = 5;
const inputs = { secrets: new Map(), endpoints: new Map() };
const budgetMs: ReadonlyMap<number, number> = new Map([
  [1_000, 40],
  [10_000, 400],
]);

/** P10: config in memory → snapshot, all resources checked and encoded, in a warm process. */
export const translateBench: Bench = {
  id: "P10",
  run: () => Promise.resolve([...budgetMs.keys()].flatMap((routes) => measureTranslate(routes))),
};

/** Measures with `routes` routes to as many upstreams of their own. */
function measureTranslate(routes: number, rounds = 9): readonly BenchRow[] {
  const config = configOf({
    upstreams: Array.from({ length: routes }, (_, index) => upstream(index, 8080)),
    virtualServices: Array.from({ length: routes / routesPerService }, (_, index) =>
      service(index, "/"),
    ),
  });
  for (let round = 0; round < warmUp; round++) freshBuild()(config);
  const cpuMs: number[] = [];
  const full = Array.from({ length: rounds }, () => {
    const cpuBefore = threadCpuMs() ?? NaN;
    const ms = timed(() => freshBuild()(config));
    cpuMs.push((threadCpuMs() ?? NaN) - cpuBefore);
    return ms;
  });
  const build = freshBuild();
  build(config);
  let current = config;
  const oneUpstream = Array.from({ length: rounds }, (_, round) => {
    current = replace(current, "upstreams", locate("Upstream", upstream(round * 7, 9000 + round)));
    return timed(() => build(current));
  });
  const oneService = Array.from({ length: rounds }, (_, round) => {
    const changed = locate("VirtualService", service(round * 3, `/v${round}`));
    current = replace(current, "virtualServices", changed);
    return timed(() => build(current));
  });
  const budget = budgetMs.get(routes);
  const row = (what: string, times: readonly number[]): BenchRow => ({
    id: "P10",
    what: `${what}, ${routes} routes and clusters`,
    unit: "ms",
    ...medianOf(times),
  });
  return [
    {
      ...row("full translation", full),
      ...(budget !== undefined && { budget }),
      against: `CPU of its thread: ${median(cpuMs).toFixed(0)} ms`,
    },
    row("again after one upstream changed", oneUpstream),
    row("again after one virtual service of 10 routes changed", oneService),
    row("endpoints of one upstream alone", measureEndpoints(config, rounds)),
  ];
}

function measureEndpoints(config: Config, rounds: number): readonly number[] {
  const translator = createTranslator(createPluginSet(builtinPlugins), defaultTranslationSettings);
  const assembler = createAssembler();
  const { value } = translator.translate(config, inputs);
  assembler.assemble("0", value);
  return Array.from({ length: rounds }, (_, round) => {
    const endpoints = new Map([["us00001", [{ address: "10.9.9.9", port: 1000 + round }]]]);
    return timed(() => assembler.assemble("0", translator.replaceEndpoints(value, endpoints)));
  });
}

function freshBuild(): (config: Config) => Snapshot {
  const translator = createTranslator(createPluginSet(builtinPlugins), defaultTranslationSettings);
  const assembler = createAssembler();
  return (config) => {
    const { value, diagnostics } = translator.translate(config, inputs);
    if (diagnostics.length > 0) throw new Error(diagnostics[0]?.message);
    return assembler.assemble("0", value);
  };
}

function upstream(index: number, port: number): Upstream {
  return staticUpstream(upstreamName(index), [`10.0.${(index >> 8) & 255}.${index & 255}:${port}`]);
}

function service(index: number, rewrite: string): VirtualService {
  return virtualService(`vs${String(index).padStart(4, "0")}`, {
    routes: Array.from({ length: routesPerService }, (_, route) =>
      prefixRoute(`/route${route}/`, upstreamName(index * routesPerService + route), {
        prefix_rewrite: rewrite,
      }),
    ),
  });
}

function upstreamName(index: number): string {
  return `us${String(index).padStart(5, "0")}`;
}

/** The config with one object replaced; all others are the same objects, as `validate` gives them. */
function replace<K extends "upstreams" | "virtualServices">(
  config: Config,
  kind: K,
  located: Located<Upstream | VirtualService>,
): Config {
  return {
    ...config,
    [kind]: new Map<string, unknown>(config[kind]).set(located.ref.name, located),
  };
}

function timed(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
