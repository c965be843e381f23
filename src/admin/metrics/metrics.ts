import { collectDefaultMetrics, Registry } from "prom-client";
import { reconcileMs } from "../../reconcile/commits/commit-record.js";
import type { Reconciler, TurnReport } from "../../reconcile/reconciler.js";
import type { AdsServer } from "../../serve/ads-server.js";
import type { ServeEvent } from "../../serve/serve-events.js";
import type { HookResult } from "../hooks/hook-routes.js";
import { kindOfType } from "../kind-of-type.js";
import { createAcknowledgementTimes } from "./acknowledgement-times.js";
import { addBuildGauge, addGauges, type GaugeSources } from "./gauges.js";
import { createHookCounter, createInstruments, type Instruments } from "./instruments.js";

export interface MetricsOptions {
  /** Of the product. */
  readonly version: string;
  readonly reconciler: Pick<Reconciler, "status" | "commits" | "serving" | "onTurn">;
  readonly ads: Pick<AdsServer, "envoys" | "onEvent">;
  readonly reports?: NonNullable<GaugeSources["reports"]>;
}

/** What the process counts and measures, for Prometheus. */
export interface Metrics {
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
  countHook(kind: string, result: HookResult): void;
  close(): void;
}

/** Starts to count and to measure, in a registry of its own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const ofProcess = measureProcess(registry, options.version);
  const ofConfig = measureConfig(registry, options);
  return {
    text() {
      ofConfig.refresh();
      return registry.metrics();
    },
    contentType: registry.contentType,
    countHook: ofProcess.countHook,
    close() {
      ofConfig.close();
      registry.clear();
    },
  };
}

/** What a process counts, whatever it serves. */
export function measureProcess(registry: Registry, version: string): Pick<Metrics, "countHook"> {
  collectDefaultMetrics({ register: registry });
  addBuildGauge(registry, version);
  const hooks = createHookCounter(registry);
  return {
    countHook(kind, result) {
      hooks.inc({ kind, result });
    },
  };
}

/** What goes on with one config. */
export interface ConfigMeasurement {
  /** Takes in what has happened without anybody saying so. */
  refresh(): void;
  close(): void;
}

/** Counts and measures what goes on with a config. */
export function measureConfig(
  registry: Registry,
  options: Omit<MetricsOptions, "version">,
): ConfigMeasurement {
  const { reconciler, ads } = options;
  const instruments = createInstruments(registry);
  addGauges(registry, options);
  const acknowledgements = createAcknowledgementTimes(reconciler.status().startedAtMs);
  const observeAcknowledgements = (): void => {
    for (const { stage, ms } of acknowledgements.take(reconciler.commits())) {
      instruments.stageSeconds.observe({ stage }, ms / 1000);
    }
  };
  const stops = [
    reconciler.onTurn((turn) => {
      observeTurn(instruments, turn);
      observeAcknowledgements();
    }),
    ads.onEvent((event) => {
      countEvent(instruments, event);
    }),
  ];
  return {
    refresh: observeAcknowledgements,
    close() {
      for (const stop of stops) stop();
    },
  };
}

function observeTurn(instruments: Instruments, turn: TurnReport): void {
  const { result, judged, durations, error } = turn;
  instruments.turns.inc({ result });
  instruments.judged.inc(judged);
  instruments.turnSeconds.observe({ result }, reconcileMs(durations) / 1000);
  const { firstAck: _first, allAcks: _all, ...own } = durations;
  for (const [stage, ms] of Object.entries(own)) {
    instruments.stageSeconds.observe({ stage }, ms / 1000);
  }
  if (error === undefined) return;
  const isSource = error.code.startsWith("source/");
  instruments[isSource ? "sourceFailures" : "otherFailures"].inc({ code: error.code });
}

function countEvent({ streams, exchanges }: Instruments, event: ServeEvent): void {
  if (event.kind === "connected") streams.inc();
  else if (event.kind !== "disconnected") {
    exchanges[event.kind].inc({ type: kindOfType(event.typeUrl) });
  }
}
