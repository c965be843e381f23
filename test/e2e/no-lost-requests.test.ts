import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { createPipeline } from "../../src/pipeline.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { createAdsServer, type AdsServer } from "../../src/serve/ads-server.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../src/translate/translate.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { treeOf } from "../support/tree.js";

const rounds = 12;

describe("a real Envoy under traffic", () => {
  let server: AdsServer;
  let backend: Server;
  let envoy: TestEnvoy;
  let backendPort: number;

  beforeEach(async () => {
    backend = createServer((_, response) => response.end("fine"));
    await once(backend.listen(0, "127.0.0.1"), "listening");
    ({ port: backendPort } = backend.address() as AddressInfo);
    // As long as it takes, so that a busy machine does not decide the outcome.
    server = createAdsServer({ port: 0, now: Date.now, warmingMs: 20_000 });
  });
  afterEach(async () => {
    await envoy.close();
    await server.close();
    backend.closeAllConnections();
    backend.close();
  });

  const pipeline = createPipeline({
    plugins: createPluginSet(builtinPlugins),
    settings: { ...defaultTranslationSettings, bindAddress: "127.0.0.1", httpPort: 0 },
  });
  /** The only route leads to an upstream that the commits before and after do not have. */
  const publish = (round: number): void => {
    const addr = round % 2 === 0 ? "127.0.0.1" : "localhost"; // by EDS, and by DNS
    const name = `backend-${round}`;
    const tree = treeOf({
      "upstreams/u.json": JSON.stringify({
        name,
        type: "static",
        spec: { hosts: [{ addr, port: backendPort }] },
      }),
      "virtualservices/v.json": JSON.stringify({
        name: "all",
        routes: [
          {
            request_matcher: { path_prefix: "/" },
            single_destination: { upstream: { name } },
            prefix_rewrite: `/${round}/`,
          },
        ],
      }),
    });
    const { snapshot, diagnostics } = pipeline.build(tree, {
      secrets: new Map(),
      endpoints: new Map(),
    });
    assert.deepEqual(diagnostics, []);
    server.publish(snapshot);
  };

  for (const variant of ["sotw", "delta"] as const) {
    it(`loses no request while routes move to upstreams that are new, ${variant}`, async () => {
      const xds = await server.listen();
      publish(0);
      const role = { role: "ingress", name: "test", adminPort: 0 };
      envoy = await startTestEnvoy(envoyBootstrap({ ...role, xds, variant }));
      const url = `http://127.0.0.1:${await envoy.listenerPort()}/`;
      await poll("the first answer", async () => (await fetch(url)).ok || undefined);

      const answers = new Map<number, number>();
      let isOver = false;
      const client = async (): Promise<void> => {
        while (!isOver) {
          const response = await fetch(url);
          await response.text();
          answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
        }
      };
      const clients = [client(), client()];
      for (let round = 1; round <= rounds; round++) {
        publish(round);
        await poll(`round ${round} to be acknowledged`, () => {
          const { current, streams } = server.progress();
          return current === streams || undefined;
        });
      }
      isOver = true;
      await Promise.all(clients);
      assert.deepEqual([...answers.keys()], [200], JSON.stringify([...answers]));
    });
  }
});
