import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import type { JsonObject } from "../../src/lib/json.js";
import {
  createAdsServer,
  type AdsServer,
  type AdsServerOptions,
} from "../../src/serve/ads-server.js";
import type { ServeEvent } from "../../src/serve/serve-events.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { configSource, snapshotWith, type Change, type Variant } from "../support/one-route.js";

/** Without the assignment sent again after its cluster, Envoy keeps the old cluster for 15 s. */
const warmingMs = 5_000;

describe("a real Envoy", () => {
  let server: AdsServer;
  let envoy: TestEnvoy | undefined;
  let backends: readonly Server[];
  let events: ServeEvent[];
  let port: number;

  beforeEach(async () => {
    envoy = undefined;
    backends = ["one", "two"].map((name) => createServer((_, response) => response.end(name)));
    await Promise.all(backends.map((backend) => once(backend.listen(0, "127.0.0.1"), "listening")));
  });
  afterEach(async () => {
    await envoy?.close();
    await server.close();
    for (const backend of backends) backend.close();
  });

  async function startServer(options: Partial<AdsServerOptions> = {}): Promise<void> {
    events = [];
    server = createAdsServer({ port: 0, now: Date.now, ...options });
    server.onEvent((event) => events.push(event));
    ({ port } = await server.listen());
  }

  async function start(
    variant: Variant,
    aggregated: boolean,
    clientFeatures: readonly string[] = [],
  ): Promise<TestEnvoy> {
    const xds = { host: "127.0.0.1", port };
    const plain = envoyBootstrap({ role: "ingress", name: "test", xds, variant, adminPort: 0 });
    const node = { ...(plain["node"] as JsonObject), client_features: clientFeatures };
    const bootstrap = { ...plain, node };
    envoy = await startTestEnvoy(aggregated ? bootstrap : withSingleServices(bootstrap, variant), {
      waitUntilReady: false,
    });
    return envoy;
  }

  const portOf = (index: number): number => (backends[index]?.address() as AddressInfo).port;
  const nacks = (): readonly string[] =>
    events.flatMap((event) => (event.kind === "nack" ? [event.message] : []));

  const answer = (listenerPort: number, path: string, want: string): Promise<string> =>
    poll(`"${want}" from ${path}`, async () => {
      const response = await fetch(`http://127.0.0.1:${listenerPort}${path}`);
      const text = await response.text();
      return text === want ? text : undefined;
    });
  const activeTimeout = (want: number): Promise<true> =>
    poll(`a cluster with a timeout of ${want} s`, async () => {
      const dump = JSON.stringify(await envoy?.configDump("dynamic_active_clusters"));
      return dump.includes(`"connect_timeout":"${want}s"`) || undefined;
    });

  for (const variant of ["sotw", "delta"] as const) {
    for (const aggregated of [true, false]) {
      const where = `${variant} on ${aggregated ? "ADS" : "the single services"}`;
      const source = configSource(variant, aggregated);
      const publish = (change: Partial<Change>): string => {
        const base = { backendPort: portOf(0), path: "/a", connectTimeoutS: 5 };
        const snapshot = snapshotWith(source, { ...base, ...change });
        server.publish(snapshot);
        return snapshot.id;
      };

      it(`is driven by ${where}`, async () => {
        await startServer();
        publish({});
        const started = await start(variant, aggregated);
        const listenerPort = await started.listenerPort();
        await answer(listenerPort, "/a", "one");

        publish({ path: "/b" });
        await answer(listenerPort, "/b", "one");
        publish({ path: "/b", backendPort: portOf(1) });
        await answer(listenerPort, "/b", "two");
        // A change of the cluster, and two in quick succession.
        for (const edits of [[6], [7, 8]]) {
          const since = performance.now();
          for (const connectTimeoutS of edits) {
            publish({ path: "/b", backendPort: portOf(1), connectTimeoutS });
          }
          await activeTimeout(edits.at(-1) ?? 0);
          assert.ok(performance.now() - since < warmingMs, `${performance.now() - since} ms`);
        }
        await answer(listenerPort, "/b", "two");
        await poll(
          "all ACKs",
          () => server.progress().current === server.progress().streams || undefined,
        );
        assert.deepEqual(nacks(), []);
        const services = new Set(server.envoys().map(({ service }) => service));
        assert.deepEqual(services, new Set(aggregated ? ["ADS"] : ["CDS", "EDS", "LDS", "RDS"]));
      });

      it(`goes back to what it had before it rejected a part of a change, ${where}`, async () => {
        await startServer();
        publish({});
        const started = await start(variant, aggregated);
        const listenerPort = await started.listenerPort();
        await answer(listenerPort, "/a", "one");

        // Envoy keeps the good cluster of a CDS response of which it rejects another.
        const bad = { name: "bad", type: 3 as const };
        const badId = publish({ connectTimeoutS: 9, path: "/bad", moreClusters: { bad } });
        await poll("the NACK", () => nacks().length > 0 || undefined);
        await activeTimeout(9);
        const since = performance.now();
        publish({});
        await activeTimeout(5);
        await answer(listenerPort, "/a", "one");
        assert.ok(performance.now() - since < warmingMs, `${performance.now() - since} ms`);
        await poll(
          "all ACKs",
          () => server.progress().current === server.progress().streams || undefined,
        );
        for (const event of events) {
          if (event.kind !== "nack") continue;
          assert.deepEqual([event.snapshotId, event.typeUrl], [badId, typeUrls.cluster]);
          assert.match(event.message, /bad/);
        }
      });
    }

    it(`comes back after the control plane was gone, and is sent nothing that it has, ${variant}`, async () => {
      await startServer();
      const change = { backendPort: portOf(0), path: "/a", connectTimeoutS: 5 };
      const snapshot = snapshotWith(configSource(variant, true), change);
      server.publish(snapshot);
      const started = await start(variant, true);
      const listenerPort = await started.listenerPort();
      await answer(listenerPort, "/a", "one");
      await server.close();
      await startServer({ port });
      server.publish(snapshot);
      await poll("Envoy to come back", () => {
        const [status] = server.envoys();
        return status?.types.size === 4 || undefined;
      });
      const sent = events.flatMap((event) => (event.kind === "sent" ? [event.typeUrl] : []));
      // In state of the world, names are answered always.
      const { endpoints, route } = typeUrls;
      assert.deepEqual(sent.sort(), variant === "sotw" ? [endpoints, route].sort() : []);
      const since = performance.now();
      server.publish(
        snapshotWith(configSource(variant, true), { ...change, connectTimeoutS: 6, path: "/c" }),
      );
      await activeTimeout(6);
      await answer(listenerPort, "/c", "one");
      assert.ok(performance.now() - since < warmingMs, `${performance.now() - since} ms`);
      assert.deepEqual(nacks(), []);
    });
  }

  describe("with resources that expire", () => {
    const resourceTtlMs = 2_000;
    let beat = (): void => undefined;
    const repeat = (_: number, action: () => void) => {
      beat = action;
      return () => undefined;
    };

    async function startWithTtl(variant: Variant): Promise<TestEnvoy> {
      await startServer({ resourceTtlMs, repeat });
      const change = { backendPort: portOf(0), path: "/a", connectTimeoutS: 5 };
      server.publish(snapshotWith(configSource(variant, true), change));
      const started = await start(variant, true, [
        "xds.config.supports-resource-ttl",
        "xds.config.supports-resource-in-sotw",
      ]);
      await answer(await started.listenerPort(), "/a", "one");
      return started;
    }
    const listeners = async (): Promise<number> => {
      const page = JSON.parse((await envoy?.admin("/listeners?format=json")) ?? "{}") as {
        listener_statuses?: readonly unknown[];
      };
      return page.listener_statuses?.length ?? 0;
    };
    /** Twice the time after which they would have gone. */
    async function expectToStay(act: () => void): Promise<void> {
      const end = performance.now() + 2 * resourceTtlMs;
      await poll(
        "time to pass",
        async () => {
          act();
          assert.equal(await listeners(), 1);
          return performance.now() > end || undefined;
        },
        200,
      );
    }

    it("keeps them as long as heartbeats come, and no longer, delta", async () => {
      await startWithTtl("delta");
      await expectToStay(() => {
        beat();
      });
      assert.deepEqual(nacks(), []);
      await poll("the listener to expire", async () => (await listeners()) === 0 || undefined);
    });

    it("keeps them for good in state of the world, where it would crash", async () => {
      await startWithTtl("sotw");
      await expectToStay(() => undefined);
    });
  });
});

/** The same bootstrap, with clusters and listeners from services of their own. */
function withSingleServices(bootstrap: JsonObject, variant: Variant): JsonObject {
  const single = {
    resource_api_version: "V3",
    api_config_source: {
      api_type: variant === "delta" ? "DELTA_GRPC" : "GRPC",
      transport_api_version: "V3",
      grpc_services: [{ envoy_grpc: { cluster_name: "gloo_xds" } }],
    },
  };
  return { ...bootstrap, dynamic_resources: { cds_config: single, lds_config: single } };
}
