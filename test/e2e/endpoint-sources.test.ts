import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { StatusResponse } from "../../src/admin/api-types.js";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { virtualServiceYaml } from "../support/config-texts.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { createTestRepository, type TestRepository } from "../support/git-repo.js";
import { startGitServer, type GitServer } from "../support/git-server.js";
import { startRunningServe, type RunningServe } from "../support/serve-process.js";

/** The plugin of docs/plugins.md, installed as a package, in a real `gloo serve` before a real Envoy. */
describe("an endpoint source of an outside plugin", () => {
  let git: TestRepository;
  let remote: GitServer;
  let folder: string;
  let packageFolder: string;
  let registry: Server;
  let registryPort: number;
  /** What the registry knows; undefined: it answers 500. */
  let services: Readonly<Record<string, readonly object[]>> | undefined;
  let backends: readonly Server[];
  let ports: Readonly<Record<"envoy" | "xds", number>>;
  let serve: RunningServe;
  const envoys: TestEnvoy[] = [];

  const start = async (): Promise<void> => {
    serve = await startRunningServe(
      [
        ...["--repo", remote.url, "--ref", "main", "--state-dir", join(folder, "state")],
        ...["--envoy-bind-address", "127.0.0.1", "--envoy-port", String(ports.envoy)],
        ...["--poll", "off", "--xds-port", String(ports.xds), "--plugin", basename(packageFolder)],
      ],
      { REGISTRY_URL: `http://127.0.0.1:${registryPort}` },
    );
  };
  const startEnvoy = async (): Promise<TestEnvoy> => {
    const xds = { host: "127.0.0.1", port: ports.xds };
    const envoy = await startTestEnvoy(
      envoyBootstrap({ role: "ingress", name: "one", xds, variant: "delta", adminPort: 0 }),
    );
    envoys.push(envoy);
    return envoy;
  };
  const startRegistry = async (): Promise<void> => {
    registry = createServer((request, response) => {
      const found = services?.[(request.url ?? "").slice(1)];
      response.writeHead(services === undefined ? 500 : found === undefined ? 404 : 200);
      response.end(JSON.stringify(found));
    });
    await once(registry.listen(registryPort, "127.0.0.1"), "listening");
    registryPort = (registry.address() as AddressInfo).port;
  };
  const stopRegistry = async (): Promise<void> => {
    registry.closeAllConnections();
    registry.close();
    await once(registry, "close");
  };
  const at = (index: number) => ({
    address: "127.0.0.1",
    port: (backends[index]?.address() as AddressInfo).port,
  });
  const answers = (want: string): Promise<string> =>
    poll(`the answer "${want}"`, async () => {
      const text = await (await fetch(`http://127.0.0.1:${ports.envoy}/`)).text();
      return text === want ? text : undefined;
    });
  const problems = (what: string, isWanted: (text: string) => boolean) =>
    serve.until<StatusResponse>(what, "/api/v1/status", (status) =>
      isWanted(status.problems.join("\n")),
    );

  before(async () => {
    const page = readFileSync(new URL("../../docs/plugins.md", import.meta.url), "utf8");
    const code = /<!-- Run by test\/e2e\/endpoint-sources.test.ts. -->\s+```js\n([^]*?)```/.exec(
      page,
    );
    assert.ok(code?.[1], "docs/plugins.md shows no endpoint source");
    // Beside the other packages, as `npm install` would put it.
    const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));
    packageFolder = join(modules, `gloo-test-registry-${process.pid}`);
    await mkdir(packageFolder);
    await writeFile(join(packageFolder, "index.js"), code[1]);
    const manifest = { name: basename(packageFolder), type: "module", exports: "./index.js" };
    await writeFile(join(packageFolder, "package.json"), JSON.stringify(manifest));
    folder = await mkdtemp(join(tmpdir(), "gloo-endpoints-"));
    await mkdir(join(folder, "state"));
    backends = ["one", "two"].map((name) => createServer((_, response) => response.end(name)));
    await Promise.all(backends.map((backend) => once(backend.listen(0, "127.0.0.1"), "listening")));
    registryPort = 0;
    await startRegistry();
    services = { pets: [at(0)] };
    ports = { envoy: await freePort(), xds: await freePort() };
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    await git.commit({
      "upstreams/pets.yaml": "name: pets\ntype: registry\nspec: { service: pets }\n",
      "virtualservices/front.yaml": virtualServiceYaml("front", "pets"),
    });
    await start();
    await startEnvoy();
  });
  after(async () => {
    for (const envoy of envoys) await envoy.close();
    await serve.stop();
    await remote.close();
    await git.remove();
    for (const backend of backends) backend.close();
    await stopRegistry().catch(() => undefined);
    await rm(packageFolder, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  /** How often Envoy has taken something of each type. */
  const updates = async () => {
    const text = (await envoys.at(-1)?.admin("/stats?filter=(update_success|version)$")) ?? "";
    const lines = text.split("\n").filter((line) => !line.startsWith("cluster.gloo"));
    const isEndpoints = (line: string): boolean => line.startsWith("cluster.pets.");
    return {
      endpoints: lines.filter(isEndpoints),
      others: lines.filter((line) => line !== "" && !isEndpoints(line)),
    };
  };

  it("gives an upstream its endpoints", async () => {
    await answers("one");
  });

  it("that finds others changes endpoints and nothing else", async () => {
    const known = await updates();
    assert.ok(known.others.length >= 3, known.others.join());
    services = {
      pets: [
        { ...at(1), zone: "b", weight: 2 },
        { ...at(0), health: "unhealthy" },
      ],
    };
    await answers("two");
    const next = await updates();
    assert.deepEqual(next.others, known.others);
    assert.notDeepEqual(next.endpoints, known.endpoints);
    const page = await envoys[0]?.admin("/clusters");
    assert.match(String(page), new RegExp(`pets::127.0.0.1:${at(1).port}::zone::b`));
    assert.match(
      String(page),
      new RegExp(`pets::127.0.0.1:${at(0).port}::health_flags::/failed_eds`),
    );
  });

  it("that fails leaves what it has found, and status says so", async () => {
    services = undefined;
    const { health } = await problems("the failure to be seen", (text) =>
      /"registry", upstream "pets": the registry answers 500; .* stay/.test(text),
    );
    assert.equal(health, "degraded");
    await answers("two");
    services = { pets: [{ ...at(1), port: 0 }] };
    await problems("nonsense to be seen", (text) =>
      text.includes('"port" is not from 1 to 65,535: 0'),
    );
    await answers("two");
  });

  it("that cannot be reached at a restart leaves what was found before", async () => {
    await stopRegistry();
    serve.kill("SIGKILL");
    await serve.ended;
    for (const envoy of envoys.splice(0)) await envoy.close();
    await start();
    await startEnvoy();
    await answers("two");
    await problems("the failure to be seen", (text) => text.includes("fetch failed"));
    await answers("two");
  });

  it("that is back changes endpoints again", async () => {
    services = { pets: [at(0)] };
    await startRegistry();
    await answers("one");
    await problems("the problem to be over", (text) => !text.includes("registry"));
  });

  it("finds the endpoints of an upstream that comes later", async () => {
    services = { pets: [at(0)], cats: [at(1)] };
    await git.commit({
      "upstreams/cats.yaml": "name: cats\ntype: registry\nspec: { service: cats }\n",
      "virtualservices/front.yaml": virtualServiceYaml("front", "cats"),
    });
    await serve.ask("/api/v1/reconcile", { method: "POST" });
    await answers("two");
  });
});
