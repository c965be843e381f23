import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type {
  CommitDetail,
  EnvironmentsResponse,
  EnvoysResponse,
  StatusResponse,
} from "../../../src/admin/api-types.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import type { CliResult } from "../../support/cli.js";
import { badFiles, gatewayFiles, virtualServiceYaml } from "../../support/config-texts.js";
import { createTestRepository, type Changes, type TestRepository } from "../../support/git-repo.js";
import { connectRobotEnvoy, type RobotEnvoy } from "../../support/robot-envoy.js";
import { runCommand } from "../../support/run-program.js";
import { startRunningServe, type RunningServe } from "../../support/serve-process.js";

/** A config whose routes tell its editions apart. */
function filesOf(edition: number): Changes {
  const front = virtualServiceYaml("front", "back").replace('"*"', `"v${edition}.example"`);
  return { ...gatewayFiles(), "virtualservices/front.yaml": front };
}

/** One process for a branch of staging and one of production, and a third that is not there yet. */
describe("gloo serve with an environment for each branch", () => {
  let git: TestRepository;
  let folder: string;
  let serve: RunningServe;
  const robots: Record<"staging" | "production" | "preview" | "stranger", RobotEnvoy> = {} as never;

  const start = async (): Promise<void> => {
    serve = await startRunningServe([
      ...["--repo", git.folder, "--state-dir", join(folder, "state"), "--poll", "off"],
      ...["--environments-file", join(folder, "environments.yaml")],
    ]);
    const { adsPort } = serve;
    robots.staging = connectRobotEnvoy(adsPort, "staging~1");
    robots.production = connectRobotEnvoy(adsPort, "edge~1");
    robots.preview = connectRobotEnvoy(adsPort, "preview~1");
    robots.stranger = connectRobotEnvoy(adsPort, "ingress~1");
  };
  const stop = async (): Promise<void> => {
    for (const robot of Object.values(robots)) robot.close();
    await serve.stop();
  };
  const within = (environment: string, path: string): string =>
    `/api/v1/environments/${environment}/${path}`;
  const look = async (environment: string): Promise<void> => {
    await serve.ask(within(environment, "reconcile"), { method: "POST" });
  };
  const reaches = (environment: string, oid: string, state: string): Promise<CommitDetail> =>
    serve.until<CommitDetail>(
      `${oid.slice(0, 8)} to be ${state} in ${environment}`,
      within(environment, `commits/${oid}`),
      (commit) => commit.state === state,
    );
  /** A commit on a branch, once its environment has seen it. */
  const commit = async (branch: "staging" | "main", edition: number): Promise<string> => {
    const oid = await git.commit(filesOf(edition), { branch });
    const environment = branch === "main" ? "production" : branch;
    await look(environment);
    return oid;
  };
  const hasRoutes = (holdings: ReturnType<RobotEnvoy["holdings"]>): boolean =>
    Object.keys(holdings[typeUrls.route] ?? {}).length > 0; // routes come last
  const gloo = (...args: readonly string[]): Promise<CliResult> =>
    runCommand([...args, "--server", `http://127.0.0.1:${serve.adminPort}`]);
  const servingIn = async (environment: string): Promise<string | undefined> =>
    (await serve.get<StatusResponse>(within(environment, "status"))).serving?.commit.oid;

  let first: string;
  before(async () => {
    git = await createTestRepository();
    folder = await mkdtemp(join(tmpdir(), "gloo-environments-"));
    first = await git.commit(filesOf(1));
    await git.git("branch", "staging", first);
    await writeFile(
      join(folder, "environments.yaml"),
      [
        "environments:",
        "  - { name: staging, ref: staging }",
        "  - { name: production, ref: main, roles: { ingress: edge } }",
        "  - { name: preview, ref: preview }",
        "",
      ].join("\n"),
    );
    await start();
    await reaches("staging", first, "live");
    await reaches("production", first, "live");
  });
  after(async () => {
    await stop();
    await git.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("serves each to the Envoys that ask for it", async () => {
    const [staging, production] = [
      await robots.staging.waitFor("routes", hasRoutes),
      await robots.production.waitFor("routes", hasRoutes),
    ];
    assert.deepEqual(staging, production);
    await robots.stranger.waitFor("the fallback", (held) =>
      Object.keys(held[typeUrls.listener] ?? {}).includes("listener-for-invalid-envoy"),
    );
    const { envoys } = await serve.get<EnvoysResponse>("/api/v1/envoys");
    const roles = envoys.map(({ nodeId, role }) => [nodeId, role]);
    assert.deepEqual(roles, [
      ["staging~1", "staging"],
      ["edge~1", "edge"],
      ["preview~1", null],
      ["ingress~1", null],
    ]);
    const own = await serve.get<EnvoysResponse>(within("production", "envoys"));
    assert.deepEqual(
      own.envoys.map(({ nodeId, role }) => [nodeId, role]),
      [["edge~1", "ingress"]],
    );
  });

  it("holds the Envoys of an environment that has no commit yet, and says so", async () => {
    assert.deepEqual(robots.preview.responses, []);
    assert.equal((await serve.ask("/readyz")).status, 503);
    const all = await serve.get<EnvironmentsResponse>("/api/v1/environments");
    assert.equal(all.health, "starting");
    assert.deepEqual(
      all.environments.map(({ name, health, roles }) => [name, health, roles]),
      [
        ["staging", "ok", ["staging"]],
        ["production", "ok", ["edge"]],
        ["preview", "starting", []],
      ],
    );
    assert.ok(!JSON.stringify(all.environments.at(-1)?.problems).includes("preview~1"));
    assert.deepEqual(all.problems, [
      'no role is known for "ingress~1": served the fallback; there is staging, edge',
    ]);
  });

  it("is ready when all are", async () => {
    await git.git("branch", "preview", first);
    await look("preview");
    await robots.preview.waitFor("routes", hasRoutes);
    assert.equal((await serve.ask("/readyz")).status, 200);
  });

  it("leaves production as it is when a commit in staging is bad", async () => {
    const seen = robots.production.responses.length;
    const bad = await git.commit(badFiles, { branch: "staging" });
    await look("staging");
    const { diagnostics } = await reaches("staging", bad, "rejected");
    assert.equal(diagnostics[0]?.code, "reference/unknown-upstream");
    assert.equal(await servingIn("staging"), first);
    const production = await serve.get<StatusResponse>(within("production", "status"));
    assert.deepEqual([production.health, production.problems], ["ok", []]);
    assert.equal((await serve.ask(within("production", `commits/${bad}`))).status, 404);
    assert.equal(robots.production.responses.length, seen);
    const table = await gloo("status");
    assert.equal(table.code, 1);
    assert.match(table.stdout, /^staging +degraded .*rejected/m);
    assert.match(table.stdout, /^production +ok /m);
    assert.match(table.stdout, /^staging: commit [0-9a-f]{8} is rejected/m);
  });

  it("sends nothing to production when staging moves on", async () => {
    const seen = robots.production.responses.length;
    const good = await commit("staging", 2);
    await reaches("staging", good, "live");
    await robots.staging.waitFor("the new config", (held) => {
      return !isDeepStrictEqual(held, robots.production.holdings());
    });
    assert.equal(robots.production.responses.length, seen);
  });

  it("serves production the bytes that staging had when its branch is forwarded", async () => {
    const promoted = await git.resolve("staging");
    await git.git("branch", "-f", "main", promoted);
    await look("production");
    await reaches("production", promoted, "live");
    const held = await robots.production.waitFor("the new config", (now) => {
      return isDeepStrictEqual(now, robots.staging.holdings());
    });
    assert.ok(hasRoutes(held));
    const dumps = await Promise.all(
      ["staging", "production"].map((name) => serve.ask(within(name, "config-dump"))),
    );
    assert.equal(dumps[0]?.text, dumps[1]?.text);
  });

  it("takes back in staging what an Envoy of staging refuses, and only there", async () => {
    const before = await git.resolve("staging");
    const seen = robots.production.responses.length;
    let wrong: string | undefined;
    robots.staging.refuses = ({ type_url, system_version_info: version }) => {
      if (type_url !== typeUrls.route) return undefined;
      return (wrong ??= version) === version ? "not this" : undefined;
    };
    const refused = await commit("staging", 3);
    const { refusals } = await reaches("staging", refused, "refused");
    assert.deepEqual(
      [refusals[0]?.nodeId, refusals[0]?.role, refusals[0]?.message],
      ["staging~1", "ingress", "not this"],
    );
    await serve.until<StatusResponse>(
      "the commit before to be back",
      within("staging", "status"),
      ({ serving }) => serving?.commit.oid === before,
    );
    assert.equal(await servingIn("production"), before);
    assert.equal(robots.production.responses.length, seen);
    const { health } = await serve.get<StatusResponse>(within("production", "status"));
    assert.equal(health, "ok");
  });

  it("tells the metrics of one environment from those of another", async () => {
    const { text } = await serve.ask("/metrics");
    assert.match(text, /^gloo_commits\{state="refused",environment="staging"\} 1$/m);
    assert.match(text, /^gloo_commits\{state="refused",environment="production"\} 0$/m);
    assert.match(text, /^gloo_envoys_connected\{role="ingress",environment="production"\} 1$/m);
    assert.match(text, /^gloo_envoys_connected\{role="",environment=""\} 1$/m);
    assert.match(text, /^gloo_xds_nacks_total\{type="endpoints",environment="production"\} 0$/m);
    assert.match(text, /^process_start_time_seconds \d/m);
    assert.equal(text.match(/^# TYPE gloo_commits gauge$/gm)?.length, 1);
  });

  it("asks which environment is meant, and takes no other", async () => {
    const names = "staging, production, preview";
    const plain = await serve.ask("/api/v1/status");
    assert.equal(plain.status, 409);
    assert.deepEqual(plain.json().error, {
      code: "api/environment-needed",
      message: `this control plane serves several environments: ${names}; say which one`,
    });
    const misspelt = await serve.ask(within("prodution", "status"));
    assert.deepEqual(misspelt.json().error, {
      code: "api/unknown-environment",
      message: 'there is no environment "prodution"; did you mean "production"?',
    });
    const order = await gloo("suspend");
    assert.equal(order.code, 2);
    assert.equal(
      order.stderr,
      `gloo: this control plane serves several environments: ${names}; say which one, with --environment or GLOO_ENVIRONMENT\n`,
    );
    const wrong = await gloo("history", "--environment", "test");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /there is no environment "test"; there is staging, production/);
  });

  it("pins a commit in one environment, while others go on", async () => {
    const pinned = await gloo("pin", first.slice(0, 8), "--environment", "production", "--wait");
    assert.equal(pinned.code, 0, pinned.stderr);
    assert.equal(await servingIn("production"), first);
    const good = await commit("staging", 4);
    await reaches("staging", good, "live");
    assert.equal(await servingIn("production"), first);
    const env = { ...process.env, GLOO_ENVIRONMENT: "production" };
    const server = ["--server", `http://127.0.0.1:${serve.adminPort}`];
    const status = await runCommand(["status", ...server], { env });
    assert.match(status.stdout, /pinned/);
    const history = await gloo("history", "--environment", "staging", "--json");
    assert.match(history.stdout, new RegExp(good));
    const unpinned = await runCommand(["unpin", "--wait", ...server], { env });
    assert.equal(unpinned.code, 0, unpinned.stderr);
  });

  it("serves all of them after a restart while the remote is gone", async () => {
    const held = {
      staging: robots.staging.holdings(),
      production: robots.production.holdings(),
    };
    assert.notDeepEqual(held.staging, held.production);
    await stop();
    await rename(git.folder, `${git.folder}-gone`);
    try {
      await start();
      for (const name of ["staging", "production"] as const) {
        await robots[name].waitFor(`${name} to be as before`, (now) => {
          return isDeepStrictEqual(now, held[name]);
        });
        assert.ok(!JSON.stringify(robots[name].responses).includes("invalid-envoy"));
      }
      assert.equal((await serve.ask("/readyz")).status, 200);
    } finally {
      await rename(`${git.folder}-gone`, git.folder);
    }
  });
});
