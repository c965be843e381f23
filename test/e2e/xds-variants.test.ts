import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { startEnvoy, type EnvoyProcess } from "../../src/cli/demo/envoy-process.js";
import { waitFor } from "../../src/cli/demo/wait-for.js";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import type { JsonObject } from "../../src/lib/json.js";
import { createAdsServer, type AdsServer } from "../../src/serve/ads-server.js";
import { envoyPath } from "../support/envoy-binary.js";
import { configSource, snapshotWith } from "../support/one-route.js";

describe("a real Envoy", () => {
  const stop = new AbortController();
  let folder: string;
  let server: AdsServer;
  let envoy: EnvoyProcess | undefined;
  let backends: readonly Server[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-xds-"));
    server = createAdsServer({ port: 0, now: Date.now });
    backends = ["one", "two"].map((name) => createServer((_, response) => response.end(name)));
    await Promise.all(backends.map((backend) => once(backend.listen(0, "127.0.0.1"), "listening")));
  });
  afterEach(async () => {
    await envoy?.close();
    await server.close();
    for (const backend of backends) backend.close();
    await rm(folder, { recursive: true, force: true });
  });

  const portOf = (index: number): number => (backends[index]?.address() as AddressInfo).port;
  const admin = async (path: string): Promise<JsonObject> =>
    (await (await fetch(`http://${envoy?.adminAddress}${path}`)).json()) as JsonObject;

  /** Port of Envoy's listener, once it has one. */
  const listenerPort = (): Promise<number> =>
    waitFor("the listener", stop.signal, async () => {
      const { listener_statuses: statuses } = (await admin("/listeners?format=json")) as {
        listener_statuses?: readonly {
          local_address?: { socket_address?: { port_value?: number } };
        }[];
      };
      return statuses?.[0]?.local_address?.socket_address?.port_value;
    });

  const answer = (port: number, path: string, want: string): Promise<string> =>
    waitFor(`"${want}" from ${path}`, stop.signal, async () => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      const text = await response?.text();
      return text === want ? text : undefined;
    });

  for (const variant of ["sotw", "delta"] as const) {
    for (const aggregated of [true, false]) {
      it(`is driven by ${variant} on ${aggregated ? "ADS" : "the single services"}`, async () => {
        const source = configSource(variant, aggregated);
        const { host, port } = await server.listen();
        const options = {
          role: "ingress",
          name: "test",
          xds: { host, port },
          variant,
          adminPort: 0,
        };
        const bootstrap = envoyBootstrap(options);
        const single = {
          resource_api_version: "V3",
          api_config_source: {
            api_type: variant === "delta" ? "DELTA_GRPC" : "GRPC",
            transport_api_version: "V3",
            grpc_services: [{ envoy_grpc: { cluster_name: "gloo_xds" } }],
          },
        };
        const config = aggregated
          ? bootstrap
          : { ...bootstrap, dynamic_resources: { cds_config: single, lds_config: single } };
        envoy = await startEnvoy(await envoyPath(), config, folder, stop.signal);
        const nacks: string[] = [];
        server.onEvent((event) => {
          if (event.kind === "nack") nacks.push(event.message);
        });

        server.publish(
          snapshotWith(source, { backendPort: portOf(0), path: "/a", connectTimeoutS: 5 }),
        );
        const envoyPort = await listenerPort();
        await answer(envoyPort, "/a", "one");

        // A route edit, then an endpoint edit, then two edits of the cluster in quick succession.
        server.publish(
          snapshotWith(source, { backendPort: portOf(0), path: "/b", connectTimeoutS: 5 }),
        );
        await answer(envoyPort, "/b", "one");
        server.publish(
          snapshotWith(source, { backendPort: portOf(1), path: "/b", connectTimeoutS: 5 }),
        );
        await answer(envoyPort, "/b", "two");
        const started = performance.now();
        for (const connectTimeoutS of [6, 7]) {
          server.publish(
            snapshotWith(source, { backendPort: portOf(1), path: "/b", connectTimeoutS }),
          );
        }
        await waitFor("the changed cluster", stop.signal, async () => {
          const dump = JSON.stringify(await admin("/config_dump?resource=dynamic_active_clusters"));
          return dump.includes('"connect_timeout":"7s"') || undefined;
        });
        // Without the assignment sent again, Envoy keeps the old cluster for 15 s.
        assert.ok(performance.now() - started < 10_000);
        assert.deepEqual(nacks, []);
        const services = new Set(server.envoys().map(({ service }) => service));
        assert.deepEqual(services, new Set(aggregated ? ["ADS"] : ["CDS", "EDS", "LDS", "RDS"]));
      });
    }
  }
});
