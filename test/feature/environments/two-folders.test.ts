import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CommitDetail, HookResponse, StatusResponse } from "../../../src/admin/api-types.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import type { CliResult } from "../../support/cli.js";
import { badFiles, upstreamYaml, virtualServiceYaml } from "../../support/config-texts.js";
import { createTestRepository, type Changes, type TestRepository } from "../../support/git-repo.js";
import { pushDeliveries } from "../../support/hook-deliveries.js";
import { connectRobotEnvoy } from "../../support/robot-envoy.js";
import { runCommand } from "../../support/run-program.js";
import { startRunningServe, startServe, type RunningServe } from "../../support/serve-process.js";

const secret = "a-secret-of-webhooks";

/** The same files below the folder of an environment. */
function below(folder: string, files: Changes): Changes {
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => [`${folder}/${path}`, file]),
  );
}

/** `count` virtual services of role `role`. */
function services(count: number, role = "ingress"): Changes {
  const files = Array.from({ length: count }, (_, index) => [
    `virtualservices/${index}.yaml`,
    virtualServiceYaml(`front${index}`, "back", `roles: [${role}]\n`).replace(
      '"*"',
      `"${index}.example"`,
    ),
  ]);
  return Object.fromEntries(files) as Changes;
}
const noServices = (from: number, to: number): Changes =>
  Object.fromEntries(
    Array.from({ length: to - from }, (_, index) => [`virtualservices/${from + index}.yaml`, null]),
  );
const back: Changes = { "upstreams/back.yaml": upstreamYaml("back", 9001) };

/** One branch with a folder for each environment, and a second repository for a third. */
describe("gloo serve with an environment for each folder", () => {
  let git: TestRepository;
  let other: TestRepository;
  let folder: string;
  let serve: RunningServe;

  const within = (environment: string, path: string): string =>
    `/api/v1/environments/${environment}/${path}`;
  const reaches = (environment: string, oid: string, state: string): Promise<CommitDetail> =>
    serve.until<CommitDetail>(
      `${oid.slice(0, 8)} to be ${state} in ${environment}`,
      within(environment, `commits/${oid}`),
      (commit) => (state === "held" ? commit.hold !== null : commit.state === state),
    );
  const gloo = (...args: readonly string[]): Promise<CliResult> =>
    runCommand([...args, "--server", `http://127.0.0.1:${serve.adminPort}`]);
  const push = async (ref: string, after: string): Promise<HookResponse> => {
    const delivery = pushDeliveries["github"]?.({
      secret,
      ref,
      after,
      id: after,
      atMs: Date.now(),
    });
    const { headers, body } = delivery ?? assert.fail();
    const answer = await serve.ask("/hooks/github", { method: "POST", headers, body });
    return answer.json<HookResponse>();
  };

  let first: string;
  before(async () => {
    git = await createTestRepository();
    other = await createTestRepository();
    folder = await mkdtemp(join(tmpdir(), "gloo-folders-"));
    first = await git.commit({
      ...below("env/staging", { ...back, ...services(10) }),
      ...below("env/prod", { ...back, ...services(10) }),
    });
    const lab = await other.commit({ ...back, ...services(1, "internal") }, { branch: "lab" });
    await writeFile(join(folder, "hook-secret"), `${secret}\n`);
    await writeFile(
      join(folder, "environments.yaml"),
      [
        "environments:",
        "  - { name: staging, path: env/staging, guard_deletion_percent: 100 }",
        "  - { name: production, path: env/prod }",
        `  - { name: lab, repo: ${other.folder}, ref: lab, roles: { internal: lab-inside } }`,
        "",
      ].join("\n"),
    );
    serve = await startRunningServe([
      ...["--repo", git.folder, "--state-dir", join(folder, "state"), "--poll", "off"],
      ...["--environments-file", join(folder, "environments.yaml")],
      ...["--hook-secret-file", join(folder, "hook-secret")],
    ]);
    await reaches("staging", first, "live");
    await reaches("production", first, "live");
    await reaches("lab", lab, "live");
  });
  after(async () => {
    await serve.stop();
    await git.remove();
    await other.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("serves every role of an environment by its own name, as given or by rule", async () => {
    const robots = ["lab-inside~1", "lab.internal~1"].map((id) =>
      connectRobotEnvoy(serve.adsPort, id),
    );
    const [named, unnamed] = robots;
    await named?.waitFor("clusters", (held) => "back" in (held[typeUrls.cluster] ?? {}));
    await unnamed?.waitFor("the fallback", (held) =>
      Object.keys(held[typeUrls.listener] ?? {}).includes("listener-for-invalid-envoy"),
    );
    const { problems } = await serve.get<StatusResponse>(within("lab", "status"));
    assert.deepEqual(problems, [
      'no role is known for "lab.internal~1": served the fallback; there is lab-inside',
    ]);
    for (const robot of robots) robot.close();
  });

  it("wakes by a webhook those whose branch it is about", async () => {
    const turns = async (environment: string): Promise<number> =>
      (await serve.get<StatusResponse>(within(environment, "status"))).loop.turns;
    const before = await turns("lab");
    const next = await git.commit(below("env/staging", { "files/note.txt": "a note\n" }));
    const { result, message } = await push("refs/heads/main", next);
    assert.deepEqual([result, message], ["woken", `looking for ${next.slice(0, 8)}`]);
    await reaches("staging", next, "live");
    await reaches("production", next, "live");
    assert.equal(await turns("lab"), before);
    assert.deepEqual(await push("refs/heads/feature", next.replace(/^./, "0")), {
      result: "ignored",
      message:
        'a push to "refs/heads/feature"; "main" is watched; a push to "refs/heads/feature"; "lab" is watched',
    });
  });

  it("holds in one environment what its guard holds, until it is approved there", async () => {
    const gone = noServices(1, 10);
    const less = await git.commit({ ...below("env/staging", gone), ...below("env/prod", gone) });
    await push("refs/heads/main", less);
    await reaches("staging", less, "live");
    const { hold } = await reaches("production", less, "held");
    assert.equal(hold?.kind, "mass-deletion");
    const wrong = await gloo("approve", less, "--environment", "staging", "--json");
    assert.equal(wrong.code, 1, wrong.stdout);
    const approved = await gloo("approve", less, "--environment", "production", "--wait");
    assert.equal(approved.code, 0, approved.stderr);
    await reaches("production", less, "live");
  });

  it("rejects a bad folder where it is read, and only there", async () => {
    const bad = await git.commit(below("env/staging", badFiles));
    await push("refs/heads/main", bad);
    await reaches("staging", bad, "rejected");
    await reaches("production", bad, "live");
  });

  it("compares with what is live in the environment that is meant", async () => {
    const live: string[] = [];
    for (const name of ["staging", "production"]) {
      const place = ["--repository", git.folder, "--path", "env/prod", "--environment", name];
      const { code, stdout, stderr } = await gloo("diff", "live", "main", ...place, "--json");
      assert.equal(code, 0, stderr);
      live.push((JSON.parse(stdout) as { before: string }).before);
    }
    const serving = ["staging", "production"].map(async (name) => {
      const { serving: now } = await serve.get<StatusResponse>(within(name, "status"));
      return `live (${now?.commit.oid.slice(0, 8)})`;
    });
    assert.deepEqual(live, await Promise.all(serving));
    assert.notEqual(live[0], live[1]);
  });

  it("goes back to what was live in the environment that is meant", async () => {
    const place = ["--path", "env/prod", "--environment", "production"];
    const { code, stdout, stderr } = await gloo(
      ...["rollback", git.folder, ...place, "--dry-run", "--json"],
    );
    assert.equal(code, 0, stderr);
    const { target } = JSON.parse(stdout) as { target: { oid: string } };
    const { liveAt } = await serve.get<CommitDetail>(within("production", `commits/${target.oid}`));
    assert.notEqual(liveAt, null);
  });

  it("ends with one line for a file that cannot be used", async () => {
    await writeFile(join(folder, "bad.yaml"), "environments: [{ name: a, xds_port: 1 }]\n");
    const started = startServe([
      ...["--repo", git.folder, "--environments-file", join(folder, "bad.yaml")],
      ...["--state-dir", join(folder, "unused")],
    ]);
    assert.equal((await started.ended).code, 2);
    assert.equal(
      started.stderr(),
      `gloo: --environments-file ${join(folder, "bad.yaml")}: /environments/0 has "xds_port", which is one for all environments: a setting of the process\n`,
    );
  });

  it("names the environment whose settings do not fit this machine", async () => {
    const file = join(folder, "missing.yaml");
    await writeFile(file, "environments: [{ name: a, secrets_dir: nowhere }]\n");
    const started = startServe([
      ...["--repo", git.folder, "--environments-file", file],
      ...["--state-dir", join(folder, "unused")],
    ]);
    assert.equal((await started.ended).code, 2);
    assert.match(started.stderr(), /^gloo: environment a: --secrets-dir: .*nowhere/);
  });
});
