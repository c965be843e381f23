import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, describe, it } from "node:test";
import type { CommitDetail, EnvoysResponse, StatusResponse } from "../../src/admin/api-types.js";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { badFiles, upstreamYaml, virtualServiceYaml } from "../support/config-texts.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { createTestRepository, type Changes, type TestRepository } from "../support/git-repo.js";
import { startGitServer, type GitServer } from "../support/git-server.js";
import { startRunningServe, type RunningServe } from "../support/serve-process.js";

/** The rules of reconciling with all parts real: Git over HTTP, `gloo serve`, Envoy, traffic. */
describe("gloo serve before a real Envoy", () => {
  let git: TestRepository;
  let remote: GitServer;
  let folder: string;
  let serve: RunningServe;
  let envoys: TestEnvoy[];
  let backends: readonly Server[];
  let listenPort: number;
  let xdsPort: number;

  const start = async (): Promise<void> => {
    const args = ["--repo", remote.url, "--ref", "main", "--state-dir", join(folder, "state")];
    const addresses = ["--envoy-bind-address", "127.0.0.1", "--envoy-port", String(listenPort)];
    const others = ["--poll", "@every 1s", "--xds-port", String(xdsPort), "--log-level", "debug"];
    // What takes away most of the config is meant here.
    const guards = ["--guard-deletion-percent", "100"];
    serve = await startRunningServe([...args, ...addresses, ...others, ...guards]);
  };

  const bootstrap = (name: string) =>
    envoyBootstrap({
      role: "ingress",
      name,
      xds: { host: "127.0.0.1", port: xdsPort },
      variant: name === "one" ? "delta" : "sotw",
      adminPort: 0,
    });

  /** A config that leads to back end `index`. */
  const leadingTo = (index: number, extra: Changes = {}): Changes => ({
    "upstreams/back.yaml": upstreamYaml("back", (backends[index]?.address() as AddressInfo).port),
    "virtualservices/front.yaml": virtualServiceYaml("front", "back"),
    ...extra,
  });

  /** Something that only Envoy itself refuses: a filter with a script that is none. */
  const role = (script: string): Changes => ({
    "roles/ingress.yaml": [
      "name: ingress",
      "listeners:",
      "  - name: http",
      "    bind_address: 127.0.0.1",
      `    bind_port: ${listenPort}`,
      "    config:",
      "      http_filters:",
      "        - name: envoy.filters.http.lua",
      "          typed_config:",
      '            "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
      `            default_source_code: { inline_string: ${JSON.stringify(script)} }`,
      "",
    ].join("\n"),
  });

  const answer = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${listenPort}/`);
    return response.text();
  };
  const answers = (want: string): Promise<string> =>
    poll(`the answer "${want}"`, async () => ((await answer()) === want ? want : undefined));
  const reaches = (oid: string, state: string): Promise<CommitDetail> =>
    poll(`commit ${oid.slice(0, 8)} to be ${state}`, async () => {
      const detail = await serve.get<CommitDetail>(`/api/v1/commits/${oid}`);
      return detail.state === state ? detail : undefined;
    });
  const status = (): Promise<StatusResponse> => serve.get("/api/v1/status");

  before(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    folder = await mkdtemp(join(tmpdir(), "gloo-reconcile-"));
    backends = ["one", "two"].map((name) => createServer((_, response) => response.end(name)));
    await Promise.all(backends.map((backend) => once(backend.listen(0, "127.0.0.1"), "listening")));
    [listenPort, xdsPort] = [await freePort(), await freePort()];
    await git.commit(leadingTo(0, role("function envoy_on_request(handle) end")));
    await start();
    envoys = [await startTestEnvoy(bootstrap("one"))];
    await answers("one");
  });
  after(async () => {
    for (const envoy of envoys) await envoy.close();
    await serve.stop();
    await remote.close();
    await git.remove();
    for (const backend of backends) backend.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("takes the good one of a good and a bad commit that come together", async () => {
    const good = await git.commit(leadingTo(1));
    const bad = await git.commit(badFiles);
    await reaches(good, "live");
    await answers("two");
    const detail = await reaches(bad, "rejected");
    assert.equal(detail.diagnostics[0]?.code, "reference/unknown-upstream");
    assert.equal(detail.diagnostics[0]?.location?.line, 8);
    await git.commit(leadingTo(1));
  });

  it("takes back what only Envoy finds out, and leaves traffic alone meanwhile", async () => {
    const live = await git.resolve("main");
    await reaches(live, "live");
    const traffic = keepAsking(answer);
    const refused = await git.commit({ ...leadingTo(0), ...role("this is no script") });
    const detail = await reaches(refused, "refused");
    const [refusal] = detail.refusals;
    assert.equal(refusal?.nodeId, "ingress~one");
    assert.equal(refusal.kind, "listener");
    assert.match(refusal.message, /script load error/);
    // The clusters of that commit were good and Envoy has taken them: they are taken back too.
    await poll("everything to be as it was", async () => {
      const { envoys: views } = await serve.get<EnvoysResponse>("/api/v1/envoys");
      const { serving } = await status();
      const isCurrent = views.every(({ state }) => state === "current");
      return isCurrent && serving?.commit.oid === live ? true : undefined;
    });
    await answers("two");
    const seen = await traffic.stop();
    assert.ok(
      seen.size <= 2 && [...seen].every((text) => ["one", "two"].includes(text)),
      [...seen].join(),
    );
    const { problems } = await status();
    assert.match(problems.join(), /refused/);
    // The same tree under another name is known; a cure is taken.
    const again = await git.commit({}, { message: "Try again" });
    await reaches(again, "refused");
    const cure = await git.commit(role("function envoy_on_request(handle) end"));
    await reaches(cure, "live");
    await answers("one");
  });

  it("serves an Envoy that comes later, over the other variant", async () => {
    const late = await startTestEnvoy(bootstrap("two"));
    const { envoys: views } = await serve.get<EnvoysResponse>("/api/v1/envoys");
    assert.deepEqual(
      views.map(({ nodeId, variant }) => [nodeId, variant]),
      [
        ["ingress~one", "delta"],
        ["ingress~two", "sotw"],
      ],
    );
    await late.close();
    const live = await git.commit(leadingTo(1));
    await reaches(live, "live");
    await answers("two");
  });

  it("reverts at once, to what it knows", async () => {
    const revert = await git.commit(leadingTo(0));
    const { durations } = await reaches(revert, "live");
    await answers("one");
    assert.equal(durations.build ?? 0, 0);
  });

  it("goes where the branch is pushed by force", async () => {
    const forced = await git.commit(leadingTo(1, role("function envoy_on_request(handle) end")), {
      parent: null,
      replace: true,
    });
    await reaches(forced, "live");
    await answers("two");
  });

  it("stays where it is when the branch is gone, and says so", async () => {
    const tip = await git.resolve("main");
    await git.git("update-ref", "refs/heads/kept", tip);
    await git.git("update-ref", "-d", "refs/heads/main");
    await poll("it to be noticed", async () => (await status()).source.error ?? undefined);
    const { source, health, serving } = await status();
    assert.equal(source.error?.code, "source/ref-not-found");
    assert.equal(health, "degraded");
    assert.equal(serving?.commit.oid, tip);
    assert.equal(await answer(), "two");
    await git.git("update-ref", "refs/heads/main", tip);
    await poll("it to be back", async () =>
      (await status()).source.error === null ? true : undefined,
    );
  });

  const needsLinux = process.platform === "linux" ? false : "there is prlimit on Linux only";
  it("waits while the disk is full, and goes on when it is not", { skip: needsLinux }, async () => {
    const { serving } = await status();
    await limitFileSize(serve.pid, 8 * 1024);
    const large = await git.commit(leadingTo(0, manyUpstreams(200)));
    const held = await poll("it to be held", async () => {
      const detail = await serve.get<CommitDetail>(`/api/v1/commits/${large}`);
      return detail.state === "accepted" && detail.reason !== null ? detail : undefined;
    });
    assert.match(held.reason ?? "", /no space left/);
    const full = await status();
    assert.equal(full.health, "degraded");
    assert.match(full.problems.join(), /no space left/);
    assert.equal(full.serving?.commit.oid, serving?.commit.oid);
    assert.equal(await answer(), "two");
    await limitFileSize(serve.pid, "unlimited");
    await reaches(large, "live");
    await answers("one");
    const next = await git.commit(
      leadingTo(1, { "upstreams/many.yaml": null, "virtualservices/many.yaml": null }),
    );
    await reaches(next, "live");
    await answers("two");
  });

  it("is the same after a kill with the remote dead, for an Envoy that starts anew", async () => {
    const { serving } = await status();
    remote.setFault(() => ({ kind: "hang-up" }));
    serve.kill("SIGKILL");
    await serve.ended;
    assert.equal(await answer(), "two"); // Envoy needs no control plane to go on
    await envoys.pop()?.close();
    await start();
    const restored = await status();
    assert.equal(restored.serving?.restored, true);
    assert.equal(restored.serving.snapshotId, serving?.snapshotId);
    envoys.push(await startTestEnvoy(bootstrap("one")));
    await answers("two");
    remote.setFault(undefined);
    const next = await git.commit(leadingTo(0));
    await reaches(next, "live");
    await answers("one");
  });
});

/** Upstreams with routes to them: little for Git, which packs it, and much for the journal. */
function manyUpstreams(count: number): Changes {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const routes = indexes.map(
    (index) =>
      `  - request_matcher:\n      path_prefix: /many/${index}/\n` +
      `    single_destination:\n      upstream:\n        name: many-${index}\n`,
  );
  return {
    "upstreams/many.yaml": indexes.map((index) => upstreamYaml(`many-${index}`, 9)).join("---\n"),
    "virtualservices/many.yaml": `name: many\ndomains: [many.example]\nroutes:\n${routes.join("")}`,
  };
}

/** Lets a process write no file beyond this many bytes: a full disk, as the process sees it. */
async function limitFileSize(pid: number, bytes: number | "unlimited"): Promise<void> {
  await promisify(execFile)("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}

/** Asks again and again; `stop` gives every answer that there was. */
function keepAsking(ask: () => Promise<string>): { stop(): Promise<ReadonlySet<string>> } {
  const seen = new Set<string>();
  let isStopped = false;
  const asking = (async () => {
    while (!isStopped) seen.add(await ask().catch((cause: unknown) => String(cause)));
  })();
  return {
    async stop() {
      isStopped = true;
      await asking;
      return seen;
    },
  };
}
