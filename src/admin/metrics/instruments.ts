import { Counter, Histogram, type Registry } from "prom-client";
import { typeUrls } from "../../envoy/type-urls.js";
import { turnResults } from "../../reconcile/reconciler.js";
import { hookKinds } from "../hooks/hook-kinds.js";
import { hookResults } from "../hooks/hook-routes.js";

/** What is counted and timed as it happens. */
export interface Instruments {
  readonly stageSeconds: Histogram<"stage">;
  readonly turnSeconds: Histogram<"result">;
  readonly turns: Counter<"result">;
  readonly judged: Counter;
  readonly sourceFailures: Counter<"code">;
  readonly otherFailures: Counter<"code">;
  readonly streams: Counter;
  /** By what happened: see `ServeEvent`. */
  readonly exchanges: Readonly<Record<"sent" | "ack" | "nack", Counter<"type">>>;
}

/** From a millisecond, which a turn without news takes, to the minutes of a first clone. */
const buckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/** Registers them. Series whose labels are known are there from the start, so that a first change shows. */
export function createInstruments(registry: Registry): Instruments {
  const counter = <L extends string = never>(
    name: string,
    help: string,
    ...labelNames: readonly L[]
  ): Counter<L> => new Counter({ name, help, labelNames, registers: [registry] });
  const histogram = <L extends string>(name: string, help: string, label: L): Histogram<L> =>
    new Histogram({ name, help, labelNames: [label], buckets, registers: [registry] });

  const instruments: Instruments = {
    stageSeconds: histogram(
      "gloo_reconcile_stage_duration_seconds",
      "Time that each stage of a reconcile took; firstAck and allAcks: from the publishing on.",
      "stage",
    ),
    turnSeconds: histogram(
      "gloo_reconcile_turn_duration_seconds",
      "Time that a turn of the loop took, without waiting for Envoys, by what it came to.",
      "result",
    ),
    turns: counter(
      "gloo_reconcile_turns_total",
      "Turns of the loop, by what they came to.",
      "result",
    ),
    judged: counter("gloo_commits_judged_total", "Commits that were validated."),
    sourceFailures: counter(
      "gloo_source_failures_total",
      "Turns that could not read the repository, by code of the error.",
      "code",
    ),
    otherFailures: counter(
      "gloo_reconcile_failures_total",
      "Turns in which something else was in the way, such as a full disk, by code of the error.",
      "code",
    ),
    streams: counter("gloo_xds_streams_total", "Streams that Envoys opened."),
    exchanges: {
      sent: counter("gloo_xds_responses_total", "Responses sent to Envoys, by type.", "type"),
      ack: counter("gloo_xds_acks_total", "Responses that Envoys accepted (ACK), by type.", "type"),
      nack: counter(
        "gloo_xds_nacks_total",
        "Responses that Envoys refused (NACK), by type.",
        "type",
      ),
    },
  };
  startFromZero(instruments);
  return instruments;
}

function startFromZero({ turns, exchanges }: Instruments): void {
  for (const result of turnResults) turns.inc({ result }, 0);
  for (const counter of Object.values(exchanges)) {
    for (const type of Object.keys(typeUrls)) counter.inc({ type }, 0);
  }
}

/** Registers what webhooks are counted with. */
export function createHookCounter(registry: Registry): Counter<"kind" | "result"> {
  const hooks = new Counter({
    name: "gloo_hooks_total",
    help: "Webhooks that came in, by kind of Git host and by what became of them.",
    labelNames: ["kind", "result"] as const,
    registers: [registry],
  });
  for (const { name: kind } of hookKinds) {
    for (const result of hookResults) hooks.inc({ kind, result }, 0);
  }
  return hooks;
}
