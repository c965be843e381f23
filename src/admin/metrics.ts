import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { commitStates, reconcileMs, type CommitRecord } from "../reconcile/commit-record.js";
import { turnResults, type Reconciler, type TurnReport } from "../reconcile/reconciler.js";
import type { AdsServer } from "../serve/ads-server.js";
import type { ServeEvent } from "../serve/serve-events.js";
import { fleetView } from "./envoy-view.js";
import { hookKinds } from "./hooks/hook-kinds.js";
import { hookResults, type HookResult } from "./hooks/hook-routes.js";
import { kindOfType } from "./kind-of-type.js";
import { countsByKind } from "./status-view.js";

export interface MetricsOptions {
  readonly version: string;
  readonly reconciler: Pick<Reconciler, "status" | "commits" | "serving" | "onTurn">;
  readonly ads: Pick<AdsServer, "envoys" | "onEvent">;
}

/** What the process counts and measures, for Prometheus. */
export interface Metrics {
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
  countHook(kind: string, result: HookResult): void;
  close(): void;
}

/** From a millisecond, which a turn without news takes, to the minutes of a first clone. */
const secondsBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/** Registers all metrics, in a registry of their own. */
export function createMetrics({ version, reconciler, ads }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect: (gauge: Gauge<L>) => void,
  ): Gauge<L> =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });

  const stageSeconds = new Histogram({
    name: "gloo_reconcile_stage_duration_seconds",
    help: "Time that each stage of a reconcile took. firstAck and allAcks are measured from the publishing on.",
    labelNames: ["stage"] as const,
    buckets: secondsBuckets,
    registers,
  });
  const turnSeconds = new Histogram({
    name: "gloo_reconcile_turn_duration_seconds",
    help: "Time that a turn of the loop took, without waiting for Envoys, by what it came to.",
    labelNames: ["result"] as const,
    buckets: secondsBuckets,
    registers,
  });
  const turns = new Counter({
    name: "gloo_reconcile_turns_total",
    help: "Turns of the loop, by what they came to.",
    labelNames: ["result"] as const,
    registers,
  });
  const judged = new Counter({
    name: "gloo_commits_judged_total",
    help: "Commits that were validated.",
    registers,
  });
  const sourceFailures = new Counter({
    name: "gloo_source_failures_total",
    help: "Turns that could not read the repository, by code of the error.",
    labelNames: ["code"] as const,
    registers,
  });
  const otherFailures = new Counter({
    name: "gloo_reconcile_failures_total",
    help: "Turns in which something else was in the way, such as a full disk, by code of the error.",
    labelNames: ["code"] as const,
    registers,
  });
  const exchanges = {
    sent: counterByType("gloo_xds_responses_total", "Responses sent to Envoys, by type."),
    ack: counterByType("gloo_xds_acks_total", "Responses that Envoys accepted (ACK), by type."),
    nack: counterByType("gloo_xds_nacks_total", "Responses that Envoys refused (NACK), by type."),
  };
  const connections = new Counter({
    name: "gloo_xds_streams_total",
    help: "Streams that Envoys opened.",
    registers,
  });
  const hooks = new Counter({
    name: "gloo_hooks_total",
    help: "Webhooks that came in, by kind of Git host and by what became of them.",
    labelNames: ["kind", "result"] as const,
    registers,
  });

  function counterByType(name: string, help: string): Counter<"type"> {
    const counter = new Counter({ name, help, labelNames: ["type"] as const, registers });
    for (const type of ["secret", "cluster", "endpoints", "listener", "route"]) {
      counter.inc({ type }, 0);
    }
    return counter;
  }

  // A series that is there from the start can be alerted on when it changes for the first time.
  for (const result of turnResults) turns.inc({ result }, 0);
  for (const { name: kind } of hookKinds) {
    for (const result of hookResults) hooks.inc({ kind, result }, 0);
  }

  gauge("gloo_build_info", "1; its labels say what runs.", ["version", "node"], (info) => {
    info.set({ version, node: process.version }, 1);
  });
  gauge("gloo_ready", "1 when a snapshot is served.", [], (ready) => {
    ready.set(reconciler.serving() === undefined ? 0 : 1);
  });
  gauge(
    "gloo_config_commit_info",
    "1; its labels say which commit is served, and as which snapshot.",
    ["commit", "snapshot"],
    (info) => {
      const serving = reconciler.serving();
      if (serving === undefined) return;
      info.set({ commit: serving.commit.commit.oid, snapshot: serving.snapshot.id }, 1);
    },
  );
  gauge("gloo_commits", "Known commits, by state.", ["state"], (byState) => {
    for (const state of commitStates) byState.set({ state }, 0);
    for (const { state } of reconciler.commits()) byState.inc({ state });
  });
  gauge("gloo_source_failing", "1 while the repository cannot be read.", [], (failing) => {
    failing.set(reconciler.status().source.error === undefined ? 0 : 1);
  });
  gauge(
    "gloo_source_last_success_timestamp_seconds",
    "When the repository was last read; 0: not since the start.",
    [],
    (at) => {
      at.set((reconciler.status().source.lastOkAtMs ?? 0) / 1000);
    },
  );
  gauge(
    "gloo_snapshot_resources",
    "Resources that are served, by role and kind.",
    ["role", "kind"],
    (resources) => {
      for (const role of reconciler.serving()?.snapshot.roles.values() ?? []) {
        for (const [kind, count] of Object.entries(countsByKind(role))) {
          resources.set({ role: role.role, kind }, count);
        }
      }
    },
  );
  gauge(
    "gloo_envoys_connected",
    "Connected Envoys, by role; without: none is known.",
    ["role"],
    (connected) => {
      const fleet = fleetView(ads.envoys());
      for (const [role, count] of Object.entries(fleet.byRole)) connected.set({ role }, count);
      if (fleet.withoutRole.length > 0) connected.set({ role: "" }, fleet.withoutRole.length);
    },
  );
  gauge(
    "gloo_envoys",
    "Connected Envoys that have all they were sent (current), have not answered (pending) or refused it (nack).",
    ["state"],
    (envoys) => {
      const { connected, current, nacking } = fleetView(ads.envoys());
      envoys.set({ state: "current" }, current);
      envoys.set({ state: "nack" }, nacking);
      envoys.set({ state: "pending" }, connected - current - nacking);
    },
  );

  const acknowledgements = createAcknowledgementTimes(reconciler.status().startedAtMs);
  const observeAcknowledgements = (): void => {
    for (const { stage, ms } of acknowledgements.take(reconciler.commits())) {
      stageSeconds.observe({ stage }, ms / 1000);
    }
  };
  const observeTurn = (turn: TurnReport): void => {
    turns.inc({ result: turn.result });
    judged.inc(turn.judged);
    turnSeconds.observe({ result: turn.result }, reconcileMs(turn.durations) / 1000);
    if (turn.error !== undefined) {
      const { code } = turn.error;
      (code.startsWith("source/") ? sourceFailures : otherFailures).inc({ code });
    }
    const { firstAck: _first, allAcks: _all, ...own } = turn.durations;
    for (const [stage, ms] of Object.entries(own)) stageSeconds.observe({ stage }, ms / 1000);
    observeAcknowledgements();
  };
  const observeEvent = (event: ServeEvent): void => {
    if (event.kind === "connected") connections.inc();
    else if (event.kind !== "disconnected") {
      exchanges[event.kind].inc({ type: kindOfType(event.typeUrl) });
    }
  };
  const stops = [reconciler.onTurn(observeTurn), ads.onEvent(observeEvent)];

  return {
    text() {
      observeAcknowledgements();
      return registry.metrics();
    },
    contentType: registry.contentType,
    countHook: (kind, result) => hooks.inc({ kind, result }),
    close() {
      for (const stop of stops) stop();
      registry.clear();
    },
  };
}

interface AcknowledgementTime {
  readonly stage: "firstAck" | "allAcks";
  readonly ms: number;
}

/** How long Envoys took, of each commit once: they answer after the turn that published it. */
function createAcknowledgementTimes(startedAtMs: number): {
  take(commits: readonly CommitRecord[]): readonly AcknowledgementTime[];
} {
  let taken: ReadonlySet<string> = new Set();
  return {
    take(commits) {
      const found: AcknowledgementTime[] = [];
      const known = new Set<string>();
      for (const { commit, publishedAtMs = 0, durations } of commits) {
        // What an earlier process published, that one has measured.
        if (publishedAtMs < startedAtMs) continue;
        for (const stage of ["firstAck", "allAcks"] as const) {
          const ms = durations[stage];
          if (ms === undefined) continue;
          const key = `${stage} ${commit.oid} ${publishedAtMs}`;
          known.add(key);
          if (!taken.has(key)) found.push({ stage, ms });
        }
      }
      taken = known;
      return found;
    },
  };
}
