import assert from "node:assert/strict";
import { afterEach, beforeEach } from "node:test";
import type { ChannelCredentials } from "@grpc/grpc-js";
import {
  createAdsServer,
  type AdsServer,
  type AdsServerOptions,
} from "../../src/serve/ads-server.js";
import type { ServeEvent } from "../../src/serve/serve-events.js";
import { createAdsClient, type AdsClient } from "./ads-client.js";
import { openSession, type Variant, type XdsSession } from "./xds-session.js";

/** A server of each test's own, on a free port. */
export interface ServerUnderTest {
  readonly server: AdsServer;
  readonly port: number;
  /** A connection that is there for the whole test. */
  readonly client: AdsClient;
  /** All events so far. */
  readonly events: readonly ServeEvent[];
  /** Opens a stream of role `ingress` on the aggregated service. */
  open(variant: Variant, nodeId?: string): XdsSession;
  /** Opens one more connection. */
  connect(security?: ChannelCredentials): AdsClient;
  /** Resolves at the next event for which `matches` holds. */
  event(matches: (event: ServeEvent) => boolean): Promise<ServeEvent>;
}

/** Starts a server before each test of the suite, and after it sees that nothing is left behind. */
export function useAdsServer(options: Partial<AdsServerOptions> = {}): ServerUnderTest {
  let server: AdsServer;
  let port: number;
  let clients: AdsClient[];
  let events: ServeEvent[];
  let faults: unknown[];

  beforeEach(async () => {
    events = [];
    faults = [];
    server = createAdsServer({
      port: 0,
      now: Date.now,
      onFault: (fault) => faults.push(fault),
      ...options,
    });
    server.onEvent((event) => events.push(event));
    ({ port } = await server.listen());
    clients = [createAdsClient(port)];
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await server.close();
    assert.deepEqual(server.envoys(), [], "streams are left behind");
    assert.deepEqual(faults, []);
  });

  return {
    get server() {
      return server;
    },
    get port() {
      return port;
    },
    get client() {
      return clients[0]!; // made before each test
    },
    get events() {
      return events;
    },
    open(variant, nodeId = "ingress~test") {
      return openSession(this.client, variant, nodeId);
    },
    connect(security) {
      const client = createAdsClient(port, security);
      clients.push(client);
      return client;
    },
    event(matches) {
      return new Promise((resolve) => {
        const stop = server.onEvent((event) => {
          if (!matches(event)) return;
          stop();
          resolve(event);
        });
      });
    },
  };
}
