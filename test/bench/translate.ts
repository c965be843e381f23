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

/** How long translating takes: config in memory → snapshot, all resources checked and encoded. */
export interface TranslateTimes {
  readonly routes: number;
  /** All of it, in a warm process. The median of several runs. */
  readonly fullMs: number;
  /** Again, after the endpoint of one upstream changed. */
  readonly oneUpstreamMs: number;
  /** Again, after one virtual service of 10 routes changed. */
  readonly oneVirtualServiceMs: number;
  /** Nothing but the endpoints of one upstream. */
  readonly endpointsMs: number;
}

const routesPerService = 10;
const inputs = { secrets: new Map(), endpoints: new Map() };

/** Measures with `routes` routes to as many upstreams of their own. */
export function measureTranslate(routes: number, rounds = 9): TranslateTimes {
  const config = configOf({
    upstreams: Array.from({ length: routes }, (_, index) => upstream(index, 8080)),
    virtualServices: Array.from({ length: routes / routesPerService }, (_, index) =>
      service(index, "/"),
    ),
  });
  const full = Array.from({ length: rounds }, () => timed(() => freshBuild()(config)));
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
  return {
    routes,
    fullMs: median(full),
    oneUpstreamMs: median(oneUpstream),
    oneVirtualServiceMs: median(oneService),
    endpointsMs: median(measureEndpoints(config, rounds)),
  };
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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const routes of [1_000, 10_000]) {
    const { routes: _, ...times } = measureTranslate(routes);
    const text = Object.entries(times).map(
      ([name, ms]) => `${name.replace(/Ms$/, "")} ${ms.toFixed(1)} ms`,
    );
    console.log(`${routes} routes: ${text.join(", ")}`);
  }
}
