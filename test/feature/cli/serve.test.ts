import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type {
  CommitDetail,
  CommitsResponse,
  ConfigDumpResponse,
  EnvoysResponse,
  StatusResponse,
} from "../../../src/admin/api-types.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { poll } from "../../support/envoy-process.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { startGitServer } from "../../support/git-server.js";
import { pushDeliveries } from "../../support/hook-deliveries.js";
import { connectRobotEnvoy, type RobotEnvoy } from "../../support/robot-envoy.js";
import { runCommand } from "../../support/run-program.js";
import { startRunningServe, startServe, type RunningServe } from "../../support/serve-process.js";

const upstream = (port: number): string => `
name: pets
type: static
spec: { hosts: [{ addr: 127.0.0.1, port: ${port} }] }
`;
const virtualService = (to: string): string => `
name: pets
domains: ["*"]
routes:
  - request_matcher: { path_prefix: / }
    single_destination: { upstream: { name: ${to} } }
`;
const good = {
  "upstreams/pets.yaml": upstream(9001),
  "virtualservices/pets.yaml": virtualService("pets"),
};
const secret = "canary-hook-secret";

describe("gloo serve", () => {
  let folder: string;
  let repository: TestRepository;
  let first: string;
  const running: { kill(signal: NodeJS.Signals): void; readonly ended: Promise<unknown> }[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-test-serve-"));
    await writeFile(join(folder, "hook-secret"), `${secret}\n`);
    repository = await createTestRepository();
    first = await repository.commit(good, { message: "Serve the pets" });
  });
  afterEach(async () => {
    for (const each of running.splice(0)) {
      each.kill("SIGKILL");
      await each.ended;
    }
  });
  after(async () => {
    await repository.remove();
    await rm(folder, { recursive: true });
  });

  const flags = (state: string, ...more: readonly string[]): readonly string[] => [
    "--repo",
    repository.folder,
    "--state-dir",
    join(folder, state),
    "--poll",
    "off",
    "--hook-secret-file",
    join(folder, "hook-secret"),
    ...more,
  ];

  async function serve(state: string, ...more: readonly string[]): Promise<RunningServe> {
    const started = await startRunningServe(flags(state, ...more));
    running.push(started);
    return started;
  }

  const hook = (serving: RunningServe, commit: string): Promise<{ readonly status: number }> =>
    serving.ask("/hooks/github", {
      method: "POST",
      ...pushDeliveries["github"]!({
        secret,
        ref: "refs/heads/main",
        after: commit,
        id: randomUUID(),
        atMs: Date.now(),
      }),
    });

  const settled = (serving: RunningServe, commit: string, state: string): Promise<CommitDetail> =>
    poll(`${commit.slice(0, 8)} to be ${state}`, async () => {
      const answer = await serving.ask(`/api/v1/commits/${commit}`);
      const detail = answer.status === 200 ? answer.json<CommitDetail>() : undefined;
      return detail?.state === state ? detail : undefined;
    });

  it("takes a push from webhook to Envoy, and says so everywhere", async () => {
    const serving = await serve("push", "--log-level", "debug");
    await settled(serving, first, "live");
    const envoy = connectRobotEnvoy(serving.adsPort, "ingress~robot");
    try {
      // Routes come last.
      const before = await envoy.waitFor("the first routes", (held) =>
        JSON.stringify(held).includes('"gloo-rds-http":'),
      );

      const bad = await repository.commit({ "virtualservices/pets.yaml": virtualService("pest") });
      assert.equal((await hook(serving, bad)).status, 202);
      const rejected = await settled(serving, bad, "rejected");
      const [found] = rejected.diagnostics;
      assert.equal(found?.location?.file, "virtualservices/pets.yaml");
      assert.deepEqual(envoy.holdings(), before);
      const degraded = await runCommand(statusOf(serving));
      assert.equal(degraded.code, 1);
      assert.match(degraded.stdout, /health +degraded/);
      assert.match(degraded.stdout, new RegExp(`newest +${bad.slice(0, 8)}`));

      const changed = { "virtualservices/pets.yaml": good["virtualservices/pets.yaml"] };
      const next = await repository.commit({ ...changed, "upstreams/pets.yaml": upstream(9002) });
      assert.equal((await hook(serving, next)).status, 202);
      const live = await settled(serving, next, "live");
      await envoy.waitFor("the new endpoints", (held) => notEqual(held, before));
      assert.ok(live.durations.allAcks !== undefined);
      const { commits } = await serving.get<CommitsResponse>("/api/v1/commits");
      assert.deepEqual(
        commits.map(({ oid, state }) => [oid, state]),
        [
          [next, "live"],
          [bad, "rejected"],
          [first, "superseded"],
        ],
      );

      const status = await serving.get<StatusResponse>("/api/v1/status");
      assert.deepEqual([status.health, status.problems], ["ok", []]);
      assert.deepEqual(status.envoys, {
        connected: 1,
        byRole: { ingress: 1 },
        current: 1,
        nacking: 0,
      });
      assert.equal((await runCommand(statusOf(serving))).code, 0);
      const envoys = await runCommand(["envoys", ...statusOf(serving).slice(1), "--json"]);
      const [view] = (JSON.parse(envoys.stdout) as EnvoysResponse).envoys;
      assert.deepEqual(
        [view?.nodeId, view?.role, view?.state],
        ["ingress~robot", "ingress", "current"],
      );
      const dump = await serving.get<ConfigDumpResponse>("/api/v1/config-dump?type=endpoints");
      assert.equal(dump.commit, next);
      assert.match(JSON.stringify(dump), /"portValue":9002/);

      const { text } = await serving.ask("/metrics");
      for (const series of [
        /gloo_reconcile_turns_total\{result="published"\} 2/,
        /gloo_reconcile_turns_total\{result="rejected"\} 1/,
        /gloo_reconcile_stage_duration_seconds_count\{stage="allAcks"\} [1-9]/,
        /gloo_commits\{state="live"\} 1/,
        /gloo_envoys_connected\{role="ingress"\} 1/,
        /gloo_xds_acks_total\{type="cluster"\} [1-9]/,
        new RegExp(`gloo_config_commit_info\\{commit="${next}"`),
        /gloo_hooks_total\{kind="github",result="woken"\} 2/,
      ]) {
        assert.match(text, series);
      }
      const line = (commit: string, result: string) =>
        serving.lines().find((each) => each["commit"] === commit && each["result"] === result);
      assert.match(
        String(line(bad, "rejected")?.["firstError"]),
        /virtualservices\/pets\.yaml:\d+:/,
      );
      assert.equal(line(next, "published")?.["reason"], "webhook");
    } finally {
      envoy.close();
    }
    const ms = await serving.stop();
    assert.deepEqual(await serving.ended, { code: 0, signal: null });
    assert.ok(ms < 3_000, `it took ${Math.round(ms)} ms to end`);
    assert.equal(serving.stderr(), "");
    assert.doesNotMatch(serving.stdout(), /canary/);
    await repository.commit(good);
  });

  it("says what an Envoy refuses, and goes back", async () => {
    const serving = await serve("nack");
    await settled(serving, await repository.resolve("refs/heads/main"), "live");
    const envoy: RobotEnvoy = connectRobotEnvoy(serving.adsPort, "ingress~picky");
    try {
      await envoy.waitFor("the first clusters", (held) => clustersOf(held).length > 0);
      const proven = await repository.commit({ "upstreams/pets.yaml": upstream(9004) });
      await hook(serving, proven);
      await settled(serving, proven, "live");
      envoy.refuses = ({ type_url, resources = [] }) =>
        type_url === typeUrls.cluster && resources.some(({ name }) => name?.includes("extra"))
          ? "I will not have it"
          : undefined;
      const extra = await repository.commit({
        "upstreams/extra.yaml": upstream(9003).replace("name: pets", "name: extra"),
        "virtualservices/pets.yaml": virtualService("extra"),
      });
      await hook(serving, extra);
      const refused = await settled(serving, extra, "refused");
      assert.deepEqual(
        refused.refusals.map(({ nodeId, kind, message }) => [nodeId, kind, message]),
        [["ingress~picky", "cluster", "I will not have it"]],
      );
      const status = await serving.until<StatusResponse>(
        "what was good to be served again",
        "/api/v1/status",
        (each) => each.serving?.commit.oid === proven,
      );
      assert.equal(status.health, "degraded");
      await serving.line(
        "the refusal to be logged",
        ({ level, msg }) => level === "warn" && String(msg).includes("I will not have it"),
      );
    } finally {
      envoy.close();
    }
    await repository.commit({ "upstreams/extra.yaml": null, ...good });
  });

  it("serves the same from disk after kill -9, with the repository gone", async () => {
    const serving = await serve("restart");
    const head = await repository.resolve("refs/heads/main");
    await settled(serving, head, "live");
    const dump = (await serving.ask("/api/v1/config-dump")).text;
    serving.kill("SIGKILL");
    await serving.ended;
    const nowhere = join(folder, "nowhere");
    const again = await startRunningServe([
      ...flags("restart").map((flag) => (flag === repository.folder ? nowhere : flag)),
    ]);
    running.push(again);
    assert.equal((await again.ask("/readyz")).status, 200);
    assert.equal((await again.ask("/api/v1/config-dump")).text, dump);
    const status = await again.until<StatusResponse>(
      "the repository to be missed",
      "/api/v1/status",
      ({ source }) => source.error !== null,
    );
    assert.deepEqual([status.health, status.serving?.restored], ["degraded", true]);
    assert.equal(status.serving?.commit.oid, head);
  });

  it("ends at once although the remote does not answer and an Envoy is connected", async () => {
    const remote = await startGitServer(repository.folder);
    remote.setFault(() => ({ kind: "silence" }));
    try {
      const args = flags("silent").map((flag) => (flag === repository.folder ? remote.url : flag));
      const serving = await startRunningServe(args);
      running.push(serving);
      const envoy = connectRobotEnvoy(serving.adsPort, "ingress~robot");
      await poll("the remote to be asked", () => remote.requests[0]);
      await poll("the Envoy", async () => {
        const { envoys } = await serving.get<EnvoysResponse>("/api/v1/envoys");
        return envoys[0];
      });
      const waiting = await runCommand(statusOf(serving));
      assert.equal(waiting.code, 1);
      assert.match(waiting.stdout, /health +starting\n/);
      assert.equal((await serving.ask("/readyz")).status, 503);
      const ms = await serving.stop();
      envoy.close();
      assert.deepEqual(await serving.ended, { code: 0, signal: null });
      assert.ok(ms < 3_000, `it took ${Math.round(ms)} ms to end`);
      assert.equal(serving.stderr(), "");
    } finally {
      await remote.close();
    }
  });

  it("ends with one line when its state directory is in use", async () => {
    const serving = await serve("locked");
    const second = startServe([...flags("locked"), "--xds-port", "0", "--admin-port", "0"]);
    assert.deepEqual(await second.ended, { code: 2, signal: null });
    assert.match(
      second.stderr(),
      new RegExp(`^gloo: the state directory .*locked is in use by process ${serving.pid} .*\n$`),
    );
    assert.equal((await serving.ask("/healthz")).status, 200);
  });

  it("ends with one line when a port is taken, and names the setting", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const port = String((taken.address() as AddressInfo).port);
    try {
      for (const [flag, other] of [
        ["--xds-port", "--admin-port"],
        ["--admin-port", "--xds-port"],
      ] as const) {
        const failed = startServe([...flags("ports"), flag, port, other, "0"]);
        assert.deepEqual(await failed.ended, { code: 2, signal: null });
        assert.equal(
          failed.stderr(),
          `gloo: port ${port} of 127.0.0.1 is taken by another process; choose another one with ${flag}\n`,
        );
        assert.equal(failed.stdout(), "");
      }
    } finally {
      taken.close();
    }
  });

  it("ends with one line for every setting that is wrong", async () => {
    const failed = startServe(["--xds-port", "x"], { GLOO_LOG_LEVEL: "loud" });
    assert.deepEqual(await failed.ended, { code: 2, signal: null });
    assert.match(failed.stderr(), /^gloo: --repo is missing.*--xds-port must.*GLOO_LOG_LEVEL.*\n$/);
  });

  it("tells a person where it listens, and how to point an Envoy at it", async () => {
    const ended = new AbortController();
    const stderr = { text: "" };
    const args = [...flags("terminal"), "--xds-port", "0", "--admin-port", "0"];
    const serving = runCommand(["serve", ...args, "--log-level", "silent"], {
      isTerminal: true,
      signal: ended.signal,
      stderr(text) {
        stderr.text += text;
        ended.abort();
      },
    });
    assert.deepEqual(await serving, { code: 0, stdout: "", stderr: "" });
    assert.match(
      stderr.text,
      /^Envoys {2}127\.0\.0\.1:(\d+) +gloo bootstrap --xds 127\.0\.0\.1:\1 > envoy\.yaml/,
    );
    assert.match(stderr.text, /\nPeople {2}(http:\S+) +gloo status --server \1\n/);
  });

  it("takes settings from a file and the environment", async () => {
    const file = join(folder, "settings.yaml");
    await writeFile(
      file,
      `repo: ${repository.folder}\nstate_dir: ${join(folder, "file")}\nref: nowhere\n`,
    );
    const serving = await startRunningServe(["--config", file, "--poll", "off"], {
      GLOO_REF: "main",
    });
    running.push(serving);
    await serving.until<StatusResponse>("a snapshot", "/api/v1/status", ({ ready }) => ready);
  });
});

const statusOf = ({ adminPort }: RunningServe): readonly string[] => [
  "status",
  "--server",
  `http://127.0.0.1:${adminPort}`,
];

type Held = Readonly<Record<string, Readonly<Record<string, string>>>>;

const clustersOf = (held: Held): readonly string[] => Object.keys(held[typeUrls.cluster] ?? {});

function notEqual(held: Held, before: Held): boolean {
  return JSON.stringify(held[typeUrls.endpoints]) !== JSON.stringify(before[typeUrls.endpoints]);
}
