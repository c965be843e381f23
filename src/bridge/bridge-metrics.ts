import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What a Prometheus can ask of the bridge. */
export interface BridgeMetrics {
  /** Counts a call that was answered. `mode` is empty for what could not be read. */
  observe(mode: string, status: number, seconds: number): void;
  /** The page of all metrics, and its type. */
  page(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Makes them. No label is chosen by clients. */
export function createBridgeMetrics(isConnected: () => boolean): BridgeMetrics {
  const registry = new Registry();
  const messages = new Counter({
    name: "gloo_bridge_messages_total",
    help: "Messages by mode, and by the status that they were answered with.",
    labelNames: ["mode", "status"],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "gloo_bridge_message_duration_seconds",
    help: "Time from the request to its answer, by mode.",
    labelNames: ["mode"],
    buckets,
    registers: [registry],
  });
  new Gauge({
    name: "gloo_bridge_connected",
    help: "1 while there is a connection to NATS.",
    registers: [registry],
    collect() {
      this.set(isConnected() ? 1 : 0);
    },
  });
  return {
    observe(mode, status, time) {
      messages.inc({ mode, status: String(status) });
      seconds.observe({ mode }, time);
    },
    async page() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
