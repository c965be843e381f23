import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CommitDetail, StatusResponse } from "../../src/admin/api-types.js";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import type { CliResult } from "../support/cli.js";
import { upstreamYaml } from "../support/config-texts.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { createTestRepository, type Changes, type TestRepository } from "../support/git-repo.js";
import { startGitServer, type GitServer } from "../support/git-server.js";
import { runCommand } from "../support/run-program.js";
import { startRunningServe, type RunningServe } from "../support/serve-process.js";

/** What holds commits back, with all parts real: Git over HTTP, `gloo serve`, Envoy, traffic. */
describe("guards and orders before a real Envoy", () => {
  let git: TestRepository;
  let remote: GitServer;
  let folder: string;
  let serve: RunningServe;
  let envoy: TestEnvoy;
  let backends: readonly Server[];
  let listenPort: number;
  let xdsPort: number;

  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const upstream = (index: number): Changes => ({
    "upstreams/back.yaml": upstreamYaml("back", (backends[index]?.address() as AddressInfo).port),
  });
  /** One virtual service with a route for each path. */
  const routes = (paths: readonly number[]): Changes => ({
    "virtualservices/front.yaml": [
      'name: front\ndomains: ["*"]\nroutes:\n',
      ...paths.map(
        (path) =>
          `  - request_matcher:\n      path_prefix: /${path}\n` +
          "    single_destination:\n      upstream:\n        name: back\n",
      ),
    ].join(""),
  });

  const start = async (): Promise<void> => {
    serve = await startRunningServe([
      ...["--repo", remote.url, "--state-dir", join(folder, "state"), "--poll", "@every 1s"],
      ...["--envoy-bind-address", "127.0.0.1", "--envoy-port", String(listenPort)],
      ...["--xds-port", String(xdsPort)],
    ]);
  };
  const gloo = (...args: readonly string[]): Promise<CliResult> =>
    runCommand([...args, "--server", `http://127.0.0.1:${serve.adminPort}`]);
  const answer = async (path: number): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${listenPort}/${path}`);
    return response.ok ? response.text() : String(response.status);
  };
  const answers = (path: number, want: string): Promise<string> =>
    poll(`the answer "${want}"`, async () => {
      const got = await answer(path).catch(String);
      return got === want ? got : undefined;
    });
  const isHeld = (oid: string, kind: string): Promise<CommitDetail> =>
    poll(`commit ${oid.slice(0, 8)} to be held`, async () => {
      const found = await serve.ask(`/api/v1/commits/${oid}`);
      if (found.status !== 200) return undefined;
      const detail = found.json<CommitDetail>();
      return detail.hold?.kind === kind ? detail : undefined;
    });

  before(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    folder = await mkdtemp(join(tmpdir(), "gloo-guards-"));
    backends = ["one", "two"].map((name) => createServer((_, response) => response.end(name)));
    await Promise.all(backends.map((backend) => once(backend.listen(0, "127.0.0.1"), "listening")));
    [listenPort, xdsPort] = [await freePort(), await freePort()];
    await git.commit({ ...upstream(0), ...routes(ten) });
    await start();
    envoy = await startTestEnvoy(
      envoyBootstrap({
        role: "ingress",
        name: "one",
        xds: { host: "127.0.0.1", port: xdsPort },
        variant: "delta",
        adminPort: 0,
      }),
    );
    await answers(9, "one");
  });
  after(async () => {
    await envoy.close();
    await serve.stop();
    await remote.close();
    await git.remove();
    for (const backend of backends) backend.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("hold a deletion of most routes while traffic goes on, until somebody approves", async () => {
    const deletion = await git.commit(routes([0, 1]));
    const detail = await isHeld(deletion, "mass-deletion");
    assert.match(detail.reason ?? "", /8 of 10 routes/);
    assert.deepEqual(await Promise.all(ten.map(answer)), Array(10).fill("one"));
    const waiting = await gloo("status");
    assert.equal(waiting.code, 1);
    assert.ok(waiting.stdout.includes(`gloo approve ${deletion.slice(0, 8)}`), waiting.stdout);
    const approved = await gloo("approve", deletion.slice(0, 8), "--wait");
    assert.equal(approved.code, 0, approved.stdout + approved.stderr);
    await answers(9, "404");
    assert.equal(await answer(1), "one");
  });

  it("keep a pinned commit across a restart, and go on with the newest when it is unpinned", async () => {
    const good = await git.resolve("main");
    const next = await git.commit(upstream(1));
    await answers(0, "two");
    const pinned = await gloo("pin", good, "--reason", "two is slow", "--wait");
    assert.equal(pinned.code, 0, pinned.stdout + pinned.stderr);
    await answers(0, "one");
    serve.kill("SIGKILL");
    await serve.ended;
    await start();
    const newest = await git.commit({ ...upstream(1), "README.md": "words" });
    await isHeld(newest, "pinned");
    const { orders, serving, envoys } = await serve.until<StatusResponse>(
      "Envoy to be back",
      "/api/v1/status",
      (status) => status.envoys.current === 1,
    );
    assert.equal(orders.pinned?.commit, good);
    assert.equal(orders.pinned.reason, "two is slow");
    assert.equal(serving?.commit.oid, good);
    assert.equal(envoys.nacking, 0);
    assert.equal(await answer(0), "one");
    const unpinned = await gloo("unpin", "--wait");
    assert.equal(unpinned.code, 0, unpinned.stdout + unpinned.stderr);
    await answers(0, "two");
    const { acknowledgements } = await poll("Envoy's word to be noted", async () => {
      const detail = await serve.get<CommitDetail>(`/api/v1/commits/${newest}`);
      return "ingress" in detail.acknowledgements ? detail : undefined;
    });
    assert.deepEqual(acknowledgements["ingress"], { count: 1, nodes: ["ingress~one"] });
    const superseded = await serve.get<CommitDetail>(`/api/v1/commits/${next}`);
    assert.equal(superseded.state, "superseded");
  });
});
