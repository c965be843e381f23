import { typeUrls } from "../envoy/type-urls.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { usedBy } from "./send-order.js";
import { type XdsService, xdsServices } from "./services.js";
import type { XdsStream } from "./xds-stream.js";

/** A stream whose Envoy has said who it is, and how to act on its call. */
export interface TableEntry {
  readonly stream: XdsStream;
  readonly service: XdsService;
  /** Equal for the calls of one Envoy on one connection. */
  readonly connection: string;
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
  /** `isAwaited` tells the roles whose Envoys are to wait while no snapshot has them. */
  publish(snapshot: Snapshot, isAwaited?: (role: string) => boolean): void;
  heartbeat(): void;
  /** Whether a single-service stream beside this one has something of a type left to send. */
  isDueElsewhere(entry: TableEntry, typeUrl: string): boolean;
  /** A response was taken by the transport: see `XdsStreamOptions.wrote`. */
  wrote(entry: TableEntry, renewedEndpoints: readonly string[]): void;
  /** Ends all calls. */
  close(): void;
}

/** Starts empty, without a snapshot. */
export function createStreamTable(): StreamTable {
  const byService = new Map(xdsServices.map((service) => [service, new Set<TableEntry>()]));
  /**
   * Streams of single services by connection and type. Together they are to an Envoy what ADS is in one
   * stream; Envoy has one for each assignment, route table and secret. On connections of their own,
   * nothing can be said about the order in which responses arrive.
   */
  const singles = new Map<string, Map<string, Set<TableEntry>>>();
  let snapshot: Snapshot | undefined;
  let isAwaitedNow: ((role: string) => boolean) | undefined;

  function* entries(): Generator<TableEntry> {
    for (const ofService of byService.values()) yield* ofService;
  }

  const siblings = ({ service, connection }: TableEntry, typeUrl: string): Iterable<TableEntry> =>
    service.typeUrl === undefined ? [] : (singles.get(connection)?.get(typeUrl) ?? []);

  const addSingle = (typeUrl: string, entry: TableEntry): void => {
    const byType = singles.get(entry.connection) ?? new Map<string, Set<TableEntry>>();
    const ofType = byType.get(typeUrl) ?? new Set();
    singles.set(entry.connection, byType.set(typeUrl, ofType.add(entry)));
  };

  const removeSingle = (typeUrl: string, entry: TableEntry): void => {
    const byType = singles.get(entry.connection);
    const ofType = byType?.get(typeUrl);
    ofType?.delete(entry);
    if (ofType?.size === 0) byType?.delete(typeUrl);
    if (byType?.size === 0) singles.delete(entry.connection);
  };

  const retarget = (entry: TableEntry, next: Snapshot): void => {
    entry.guard(() => {
      entry.stream.retarget(next, isAwaitedNow);
      entry.checkRole();
    });
  };

  const flush = (entry: TableEntry): void => {
    entry.guard(() => {
      entry.stream.flush();
    });
  };

  /** Removals that waited for a stream can be sent. */
  const flushUsed = (entry: TableEntry): void => {
    for (const used of usedBy.get(entry.service.typeUrl ?? "") ?? []) {
      for (const sibling of siblings(entry, used)) flush(sibling);
    }
  };

  return {
    openCalls: 0,
    add(entry) {
      byService.get(entry.service)?.add(entry);
      const { typeUrl } = entry.service;
      if (typeUrl !== undefined) addSingle(typeUrl, entry);
      if (snapshot !== undefined) retarget(entry, snapshot);
    },
    remove(entry) {
      byService.get(entry.service)?.delete(entry);
      const { typeUrl } = entry.service;
      if (typeUrl !== undefined) removeSingle(typeUrl, entry);
      flushUsed(entry);
    },
    list: () => [...entries()].map(({ stream }) => stream),
    publish(next, isAwaited) {
      snapshot = next;
      isAwaitedNow = isAwaited;
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
      for (const sibling of siblings(entry, typeUrl)) {
        if (sibling.stream.isDue(typeUrl)) return true;
      }
      return false;
    },
    wrote(entry, renewedEndpoints) {
      if (renewedEndpoints.length > 0) {
        for (const sibling of siblings(entry, typeUrls.endpoints)) {
          sibling.guard(() => {
            sibling.stream.resendEndpoints(renewedEndpoints);
          });
        }
      }
      flushUsed(entry);
    },
    close() {
      for (const entry of [...entries()]) entry.shutDown();
    },
  };
}
