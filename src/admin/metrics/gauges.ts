import { Gauge, type Registry } from "prom-client";
import { commitStates } from "../../reconcile/commits/commit-record.js";
import { holdKinds } from "../../reconcile/guards/hold.js";
import type { Reconciler } from "../../reconcile/reconciler.js";
import type { AdsServer } from "../../serve/ads-server.js";
import { fleetView } from "../envoy-view.js";
import { countsByKind } from "../count-by-kind.js";

/** Where gauges of a config are read from. */
export interface GaugeSources {
  readonly reconciler: Pick<Reconciler, "status" | "commits" | "serving">;
  readonly ads: Pick<AdsServer, "envoys">;
  /** What came of telling others about commits. Default: nobody is told. */
  readonly reports?: () => readonly ReportCounts[];
}

/** What came of telling one of them. */
interface ReportCounts {
  readonly receiver: string;
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
  readonly waiting: number;
}

/** One gauge: its values, by labels, at the moment at which it is asked for. */
interface GaugeReading {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: () => readonly (readonly [Readonly<Record<string, string>>, number])[];
}

/** Registers what says what runs. */
export function addBuildGauge(registry: Registry, version: string): void {
  addReadings(registry, [
    {
      name: "gloo_build_info",
      help: "1; its labels say what runs.",
      labels: ["version", "node"],
      read: () => [[{ version, node: process.version }, 1]],
    },
  ]);
}

/** Registers what is read off the state of a config each time that someone asks. */
export function addGauges(registry: Registry, sources: GaugeSources): void {
  addReadings(registry, [
    ...readinessReadings(sources),
    ...commitReadings(sources),
    ...orderReadings(sources),
    ...sourceReadings(sources),
    ...envoyReadings(sources),
    ...reportReadings(sources),
  ]);
}

/** Registers what is read off the Envoys of nobody's config. */
export function addEnvoyGauges(registry: Registry, sources: Pick<GaugeSources, "ads">): void {
  addReadings(registry, envoyReadings(sources));
}

function addReadings(registry: Registry, readings: readonly GaugeReading[]): void {
  for (const { name, help, labels, read } of readings) {
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset(); // labels that are gone are not shown any more
        for (const [labelled, value] of read()) this.set(labelled, value);
      },
    });
  }
}

function readinessReadings({ reconciler }: GaugeSources): readonly GaugeReading[] {
  return [
    {
      name: "gloo_ready",
      help: "1 when a snapshot is served.",
      labels: [],
      read: () => [[{}, reconciler.serving() === undefined ? 0 : 1]],
    },
  ];
}

function commitReadings({ reconciler }: GaugeSources): readonly GaugeReading[] {
  return [
    {
      name: "gloo_config_commit_info",
      help: "1; its labels say which commit is served, and as which snapshot.",
      labels: ["commit", "snapshot"],
      read() {
        const serving = reconciler.serving();
        if (serving === undefined) return [];
        return [[{ commit: serving.commit.commit.oid, snapshot: serving.snapshot.id }, 1]];
      },
    },
    {
      name: "gloo_commits",
      help: "Known commits, by state.",
      labels: ["state"],
      read() {
        const states = reconciler.commits().map(({ state }) => state);
        return commitStates.map((state) => [
          { state },
          states.filter((each) => each === state).length,
        ]);
      },
    },
    {
      name: "gloo_snapshot_resources",
      help: "Resources that are served, by role and kind.",
      labels: ["role", "kind"],
      read: () =>
        [...(reconciler.serving()?.snapshot.roles.values() ?? [])].flatMap((role) =>
          Object.entries(countsByKind(role)).map(
            ([kind, count]) => [{ role: role.role, kind }, count] as const,
          ),
        ),
    },
  ];
}

function orderReadings({ reconciler }: GaugeSources): readonly GaugeReading[] {
  return [
    {
      name: "gloo_commits_held",
      help: "Good commits that have to wait, by what holds them.",
      labels: ["kind"],
      read() {
        const holds = reconciler.commits().flatMap(({ hold }) => hold?.kind ?? []);
        return holdKinds.map((kind) => [{ kind }, holds.filter((each) => each === kind).length]);
      },
    },
    {
      name: "gloo_pinned",
      help: "1 while a commit is pinned.",
      labels: [],
      read: () => [[{}, reconciler.status().orders.pin === undefined ? 0 : 1]],
    },
    {
      name: "gloo_suspended",
      help: "1 while nothing new may go live.",
      labels: [],
      read: () => [[{}, reconciler.status().orders.suspension === undefined ? 0 : 1]],
    },
  ];
}

function sourceReadings({ reconciler }: GaugeSources): readonly GaugeReading[] {
  return [
    {
      name: "gloo_source_failing",
      help: "1 while the repository cannot be read.",
      labels: [],
      read: () => [[{}, reconciler.status().source.error === undefined ? 0 : 1]],
    },
    {
      name: "gloo_source_last_success_timestamp_seconds",
      help: "When the repository was last read; 0: not since the start.",
      labels: [],
      read: () => [[{}, (reconciler.status().source.lastOkAtMs ?? 0) / 1000]],
    },
  ];
}

function envoyReadings({ ads }: Pick<GaugeSources, "ads">): readonly GaugeReading[] {
  return [
    {
      name: "gloo_envoys_connected",
      help: "Connected Envoys, by role; an empty role: none that is known.",
      labels: ["role"],
      read() {
        const { byRole, withoutRole } = fleetView(ads.envoys());
        const known = Object.entries(byRole).map(([role, count]) => [{ role }, count] as const);
        return withoutRole.length === 0 ? known : [...known, [{ role: "" }, withoutRole.length]];
      },
    },
    {
      name: "gloo_envoys",
      help: "Connected Envoys: have all they were sent (current), have not answered (pending), refused it (nack).",
      labels: ["state"],
      read() {
        const { connected, current, nacking } = fleetView(ads.envoys());
        return [
          [{ state: "current" }, current],
          [{ state: "pending" }, connected - current - nacking],
          [{ state: "nack" }, nacking],
        ];
      },
    },
  ];
}

function reportReadings({ reports }: GaugeSources): readonly GaugeReading[] {
  return [
    {
      name: "gloo_reports",
      help: "Reports on commits to hosts and hooks since the start: delivered, failed (tried again), dropped, and waiting.",
      labels: ["receiver", "result"],
      read: () =>
        (reports?.() ?? []).flatMap(({ receiver, ...results }) =>
          Object.entries(results).map(([result, count]) => [{ receiver, result }, count] as const),
        ),
    },
  ];
}
