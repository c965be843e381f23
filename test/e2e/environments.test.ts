import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CommitDetail, StatusResponse } from "../../src/admin/api-types.js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { upstreamYaml, virtualServiceYaml } from "../support/config-texts.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { createTestRepository, type Changes, type TestRepository } from "../support/git-repo.js";
import { startGitServer, type GitServer } from "../support/git-server.js";
import { runCommand } from "../support/run-program.js";
import { startRunningServe, type RunningServe } from "../support/serve-process.js";

type Name = "staging" | "production";
const branches = { staging: "staging", production: "main" } as const;

/** Staging and production from one process, with all parts real: Git over HTTP, Envoys, traffic. */
describe("two environments before real Envoys", () => {
  let git: TestRepository;
  let remote: GitServer;
  let folder: string;
  let serve: RunningServe;
  let backends: readonly Server[];
  let xdsPort: number;
  const ports: Record<Name, number> = { staging: 0, production: 0 };
  const envoys: TestEnvoy[] = [];

  const start = async (): Promise<void> => {
    serve = await startRunningServe([
      ...["--repo", remote.url, "--state-dir", join(folder, "state"), "--poll", "@every 1s"],
      ...["--environments-file", join(folder, "environments.yaml")],
      ...["--envoy-bind-address", "127.0.0.1", "--xds-port", String(xdsPort)],
    ]);
  };
  /** A config that leads to back end `index`, with a filter whose script only Envoy can judge. */
  const leadingTo = (index: number, script = "function envoy_on_request(handle) end"): Changes => ({
    "upstreams/back.yaml": upstreamYaml("back", (backends[index]?.address() as AddressInfo).port),
    "virtualservices/front.yaml": virtualServiceYaml("front", "back"),
    "roles/ingress.yaml": [
      "name: ingress",
      "config:",
      "  http_filters:",
      "    - name: envoy.filters.http.lua",
      "      typed_config:",
      '        "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
      `        default_source_code: { inline_string: ${JSON.stringify(script)} }`,
      "",
    ].join("\n"),
  });
  const answer = async (name: Name): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${ports[name]}/`);
    return response.text();
  };
  const answers = (name: Name, want: string): Promise<string> =>
    poll(`${name} to answer "${want}"`, async () => {
      const got = await answer(name).catch(() => undefined); // it does not listen yet
      return got === want ? got : undefined;
    });
  const reaches = (name: Name, oid: string, state: string): Promise<CommitDetail> =>
    poll(`${oid.slice(0, 8)} to be ${state} in ${name}`, async () => {
      const found = await serve.ask(`/api/v1/environments/${name}/commits/${oid}`);
      const detail = found.status === 200 ? found.json<CommitDetail>() : undefined;
      return detail?.state === state ? detail : undefined;
    });
  const statusOf = (name: Name): Promise<StatusResponse> =>
    serve.get(`/api/v1/environments/${name}/status`);

  before(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    folder = await mkdtemp(join(tmpdir(), "gloo-environments-"));
    backends = ["one", "two"].map((name) => createServer((_, response) => response.end(name)));
    await Promise.all(backends.map((backend) => once(backend.listen(0, "127.0.0.1"), "listening")));
    [ports.staging, ports.production, xdsPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const entries = (["staging", "production"] as const).map(
      (name) => `  - { name: ${name}, ref: ${branches[name]}, envoy_port: ${ports[name]} }\n`,
    );
    await writeFile(join(folder, "environments.yaml"), `environments:\n${entries.join("")}`);
    const first = await git.commit(leadingTo(0));
    await git.git("branch", "staging", first);
    await start();
    for (const name of ["staging", "production"] as const) {
      const bootstrap = await runCommand([
        ...["bootstrap", "--role", name, "--xds", `127.0.0.1:${xdsPort}`, "--format", "json"],
        ...["--admin-port", String(await freePort())],
      ]);
      assert.equal(bootstrap.code, 0, bootstrap.stderr);
      envoys.push(await startTestEnvoy(JSON.parse(bootstrap.stdout) as never));
      await answers(name, "one");
      await reaches(name, first, "live");
    }
  });
  after(async () => {
    for (const envoy of envoys) await envoy.close();
    await serve.stop();
    await remote.close();
    await git.remove();
    for (const backend of backends) backend.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("brings a commit to staging first, and to production when its branch is forwarded", async () => {
    const next = await git.commit(leadingTo(1), { branch: "staging" });
    await reaches("staging", next, "live");
    await answers("staging", "two");
    assert.equal(await answer("production"), "one");
    await git.git("branch", "-f", "main", next);
    await reaches("production", next, "live");
    await answers("production", "two");
  });

  it("takes back what only Envoy finds out in staging, and production does not notice", async () => {
    const live = await git.resolve("staging");
    const bad = await git.commit(leadingTo(0, "this is no script"), { branch: "staging" });
    const { refusals } = await reaches("staging", bad, "refused");
    assert.equal(refusals[0]?.nodeId, "staging~envoy");
    assert.match(refusals[0].message, /script load error/);
    await answers("staging", "two");
    assert.equal(await answer("production"), "two");
    const [staging, production] = [await statusOf("staging"), await statusOf("production")];
    assert.equal(staging.health, "degraded");
    assert.deepEqual([production.health, production.problems], ["ok", []]);
    assert.equal(production.serving?.commit.oid, live);
    assert.equal(production.envoys.current, 1);
    const { code, stdout } = await runCommand([
      ...["status", "--server", `http://127.0.0.1:${serve.adminPort}`],
    ]);
    assert.equal(code, 1);
    assert.match(stdout, /^staging +degraded .* refused/m);
    assert.match(stdout, /^production +ok/m);
  });

  it("goes on with both after a crash while the remote is gone, and traffic with them", async () => {
    serve.kill("SIGKILL");
    await serve.ended;
    await remote.close();
    await start();
    for (const name of ["staging", "production"] as const) {
      await poll(`the Envoy of ${name} to be back`, async () => {
        const { envoys: fleet, serving } = await statusOf(name);
        return fleet.current === 1 && serving !== null ? true : undefined;
      });
      assert.equal(await answer(name), "two");
    }
  });
});
