import type { AdsServer, Progress } from "../../src/serve/ads-server.js";
import type { EnvoyId, EnvoyStatus, ServeEvent } from "../../src/serve/serve-events.js";
import type { Snapshot } from "../../src/snapshot/snapshot.js";

/** An ADS server without a network: a test says which Envoys there are and what they answer. */
export interface MadeFleet {
  readonly server: Pick<AdsServer, "publish" | "onEvent" | "progress" | "envoys">;
  /** Ids of what was published, in order. */
  readonly published: readonly string[];
  /** Connects an Envoy: it is sent what is published from then on, if that changes what it has. */
  connect(nodeId: string): MadeEnvoy;
}

/** An Envoy that says what a test wants it to. It knows one type. */
export interface MadeEnvoy {
  readonly id: EnvoyId;
  ack(): void;
  nack(message?: string): void;
  leave(): void;
}

/** The type that Envoys of a made fleet ask for. */
export const madeType = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

/** Starts without Envoys. */
export function createMadeFleet(): MadeFleet {
  const listeners = new Set<(event: ServeEvent) => void>();
  const published: string[] = [];
  interface Stream {
    readonly id: EnvoyId;
    sent: { readonly version: string; readonly snapshotId: string } | undefined;
    answer: "pending" | "accepted" | "rejected";
  }
  const streams = new Map<number, Stream>();
  let snapshot: Snapshot | undefined;
  let last = 0;

  const emit = (event: ServeEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const push = (stream: Stream): void => {
    if (snapshot === undefined) return;
    const role = snapshot.roles.get(stream.id.role ?? "") ?? snapshot.fallback;
    const version = role.sets.get(madeType)?.version ?? "none";
    if (stream.sent?.version === version) return;
    stream.sent = { version, snapshotId: snapshot.id };
    stream.answer = "pending";
    emit({ kind: "sent", envoy: stream.id, typeUrl: madeType, ...stream.sent });
  };
  const progress = (): Progress => {
    const all = [...streams.values()];
    const count = (answer: Stream["answer"]): number =>
      all.filter((stream) => stream.answer === answer).length;
    return { streams: all.length, current: count("accepted"), rejecting: count("rejected") };
  };
  const statusOf = ({ id }: Stream): EnvoyStatus => ({
    envoy: id,
    cluster: "",
    envoyVersion: "1.40.0",
    peer: "127.0.0.1:1",
    variant: "delta",
    service: "ADS",
    connectedAtMs: 0,
    types: new Map([
      [madeType, { subscribed: ["*"], sentVersion: "", ackedVersion: "", lastNack: undefined }],
    ]),
  });

  return {
    server: {
      publish(next) {
        snapshot = next;
        published.push(next.id);
        for (const stream of streams.values()) push(stream);
      },
      onEvent(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      progress,
      envoys: () => [...streams.values()].map(statusOf),
    },
    published,
    connect(nodeId) {
      const id: EnvoyId = { stream: ++last, nodeId, role: nodeId.split("~")[0] };
      const stream: Stream = { id, sent: undefined, answer: "accepted" };
      streams.set(id.stream, stream);
      emit({ kind: "connected", envoy: id });
      push(stream);
      const exchange = () => ({
        envoy: id,
        typeUrl: madeType,
        version: stream.sent?.version ?? "",
        snapshotId: stream.sent?.snapshotId ?? "",
      });
      return {
        id,
        ack() {
          stream.answer = "accepted";
          emit({ kind: "ack", ...exchange() });
        },
        nack(message = "no") {
          stream.answer = "rejected";
          emit({ kind: "nack", message, ...exchange() });
        },
        leave() {
          streams.delete(id.stream);
          emit({ kind: "disconnected", envoy: id });
        },
      };
    },
  };
}
