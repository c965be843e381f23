import type { Snapshot } from "../snapshot/snapshot.js";
import { type XdsService, xdsServices } from "./services.js";
import type { XdsStream } from "./xds-stream.js";

/** A stream whose Envoy has said who it is, and how to act on its call. */
export interface TableEntry {
  readonly stream: XdsStream;
  readonly service: XdsService;
  /** Runs a part of the stream's work; what it throws ends this stream only. */
  guard(work: () => void): void;
  /** Ends the call if its certificate does not have the role that the node asks for. */
  checkRole(): void;
  /** Ends the call because the server goes. */
  shutDown(): void;
}

/** All open calls, and the snapshot that they are served. */
export interface StreamTable {
  /** Calls that are open, also those that did not say anything yet. */
  openCalls: number;
  add(entry: TableEntry): void;
  remove(entry: TableEntry): void;
  list(): readonly XdsStream[];
  publish(snapshot: Snapshot): void;
  heartbeat(): void;
  /** Whether another single-service stream of the same node has something of a type left to send. */
  isDueElsewhere(entry: TableEntry, typeUrl: string): boolean;
  /** A response was taken by the transport: see `XdsStreamOptions.wrote`. */
  wrote(entry: TableEntry, renewedEndpoints: readonly string[]): void;
  /** Ends all calls. */
  close(): void;
}

/** Starts empty, without a snapshot. */
export function createStreamTable(): StreamTable {
  const byService = new Map(xdsServices.map((service) => [service, new Set<TableEntry>()]));
  /** Streams of single services, which together are to one Envoy what ADS is in one stream. */
  const singles = new Map<string, Set<TableEntry>>();
  let snapshot: Snapshot | undefined;

  function* entries(): Generator<TableEntry> {
    for (const ofService of byService.values()) yield* ofService;
  }

  const siblings = ({ stream, service }: TableEntry): Iterable<TableEntry> =>
    service.typeUrl === undefined ? [] : (singles.get(stream.envoy.nodeId) ?? []);

  const retarget = (entry: TableEntry, next: Snapshot): void => {
    entry.guard(() => {
      entry.stream.retarget(next);
      entry.checkRole();
    });
  };

  const flush = (entry: TableEntry): void => {
    entry.guard(() => {
      entry.stream.flush();
    });
  };

  return {
    openCalls: 0,
    add(entry) {
      byService.get(entry.service)?.add(entry);
      const { nodeId } = entry.stream.envoy;
      if (entry.service.typeUrl !== undefined) {
        const group = singles.get(nodeId) ?? new Set();
        singles.set(nodeId, group.add(entry));
      }
      if (snapshot !== undefined) retarget(entry, snapshot);
    },
    remove(entry) {
      byService.get(entry.service)?.delete(entry);
      const { nodeId } = entry.stream.envoy;
      const group = singles.get(nodeId);
      group?.delete(entry);
      if (group?.size === 0) singles.delete(nodeId);
      for (const sibling of siblings(entry)) flush(sibling);
    },
    list: () => [...entries()].map(({ stream }) => stream),
    publish(next) {
      snapshot = next;
      const all = [...entries()];
      // All first: what one stream may send depends on what its siblings have to send before.
      for (const entry of all) retarget(entry, next);
      for (const entry of all) flush(entry);
    },
    heartbeat() {
      for (const entry of [...entries()]) {
        entry.guard(() => {
          entry.stream.heartbeat();
        });
      }
    },
    isDueElsewhere(entry, typeUrl) {
      for (const sibling of siblings(entry)) {
        if (sibling !== entry && sibling.stream.isDue(typeUrl)) return true;
      }
      return false;
    },
    wrote(entry, renewedEndpoints) {
      for (const sibling of siblings(entry)) {
        if (sibling === entry) continue;
        sibling.guard(() => {
          sibling.stream.resendEndpoints(renewedEndpoints);
        });
      }
    },
    close() {
      for (const entry of [...entries()]) entry.shutDown();
    },
  };
}
