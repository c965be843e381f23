import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { createAdsServer, type AdsServer } from "../../src/serve/ads-server.js";
import { createCertificateAuthority } from "../support/certificates.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { configSource, snapshotWith } from "../support/one-route.js";

describe("a real Envoy with a client certificate", () => {
  const authority = createCertificateAuthority("gloo test");
  let folder: string;
  let server: AdsServer;
  let port: number;
  let envoy: TestEnvoy | undefined;

  beforeEach(async () => {
    envoy = undefined;
    folder = await mkdtemp(join(tmpdir(), "gloo-mtls-"));
    const tls = { ...authority.issue({ commonName: "gloo" }), clientCa: authority.certificate };
    server = createAdsServer({ port: 0, now: Date.now, tls });
    ({ port } = await server.listen());
    const change = { backendPort: 9, path: "/", connectTimeoutS: 5 };
    server.publish(snapshotWith(configSource("delta", true), change));
  });
  afterEach(async () => {
    await envoy?.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts an Envoy of role `ingress` that shows a certificate for another name. */
  async function start(commonName: string): Promise<TestEnvoy> {
    const { certificate, privateKey } = authority.issue({ commonName });
    const file = async (name: string, content: Buffer): Promise<string> => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    };
    const bootstrap = envoyBootstrap({
      role: "ingress",
      name: "test",
      xds: { host: "127.0.0.1", port },
      variant: "delta",
      adminPort: 0,
      tls: {
        caFile: await file("ca.pem", authority.certificate),
        serverName: "localhost",
        client: {
          certFile: await file("client.pem", certificate),
          keyFile: await file("client.key", privateKey),
        },
      },
    });
    return (envoy = await startTestEnvoy(bootstrap, { waitUntilReady: false }));
  }

  it("is served the role that the certificate is for", async () => {
    const started = await start("ingress");
    assert.ok(await started.listenerPort());
    assert.deepEqual(
      server.envoys().map((each) => each.envoy.role),
      ["ingress"],
    );
  });

  it("is not served another role, however often it tries", async () => {
    const started = await start("edge");
    await poll("two refused streams", async () => {
      const stats = await started.admin("/stats?filter=cluster.gloo_xds.upstream_rq_completed");
      return Number(/: (\d+)/.exec(stats)?.[1]) >= 2 || undefined;
    });
    assert.deepEqual(server.envoys(), []);
    assert.doesNotMatch(await started.admin("/listeners?format=json"), /local_address/);
    assert.match(await started.admin("/stats?filter=control_plane.connected_state"), /: 0/);
  });
});
